import {
  ConfigReader,
  checkedSizes,
  expectSizes,
  type Field,
  type Fields,
  type Json,
  ModelFileError,
  operationData,
  type PlanOperation,
  type PlanStep,
  settingsOf,
} from "@pushforward/core/plain";
import { planLayout } from "@pushforward/kernels";
import type { FilePlan } from "../file/plan-file.ts";

const MAX_STEPS = 20_000;
/** Numbers that a plan may take for the smallest batch: half a GiB. */
const MAX_ARENA = 1 << 27;
const SMALLEST_BATCH = 64;

/** Requirements of the file on a plan. */
export interface PlanPlace {
  /** All parameters of the file. */
  readonly parameters: readonly { readonly size: number; readonly values: Float32Array }[];
  /** Columns of its inputs and outputs. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * Reads and checks a plan of a file. Every step must read complete matrices, have the sizes that its settings require,
 * and write matrices that no other step writes.
 *
 * @throws {ModelFileError}
 */
export function checkPlan(where: string, json: Json, place: PlanPlace): FilePlan {
  const reader = new ConfigReader(where, json);
  const columns = reader.counts("columns");
  const ids = { min: 0, max: columns.length - 1 };
  const [inputs, outputs] = [reader.counts("inputs", ids), reader.counts("outputs", ids)];
  const parameters = reader.counts("parameters", { min: 0, max: place.parameters.length - 1 });
  const list = reader.array("steps");
  reader.end();
  if (list.length > MAX_STEPS) fail("limit", where, `at most ${MAX_STEPS} steps`, `${list.length}`);
  const steps: PlanStep[] = [];
  const own = parameters.map((at) => place.parameters[at] as PlanPlace["parameters"][number]);
  const [states, ranks] = [new MatrixStates(where, columns), new RankStates()];
  for (const id of inputs) states.write(id);
  for (const [i, json] of list.entries()) {
    const name = `${where}, step ${i}`;
    const step = readStep(name, json, { columns, steps, parameters: own });
    states.run(name, step);
    ranks.run(name, step, steps);
    steps.push(step);
  }
  for (const id of outputs) states.read(`${where}, outputs`, id);
  const widths = (ids: readonly number[]): number[] => ids.map((id) => columns[id] as number);
  const refuse = (expected: string, got: string): never => fail("config", where, expected, got);
  expectSizes("columns of inputs", widths(inputs), place.inputs, refuse);
  expectSizes("columns of outputs", widths(outputs), place.outputs, refuse);
  const plan = { columns, inputs, outputs, steps, parameters };
  const { size } = planLayout(plan, SMALLEST_BATCH);
  if (!(size <= MAX_ARENA)) fail("limit", where, `a plan of at most ${MAX_ARENA} numbers`, `${size}`);
  return plan;
}

/** Known parts of a plan while its steps are read: the earlier steps are complete. */
interface PlanAround extends Pick<PlanPlace, "parameters"> {
  readonly columns: readonly number[];
  readonly steps: readonly PlanStep[];
}

function readStep(where: string, json: Json, around: PlanAround): PlanStep {
  const reader = new ConfigReader(where, json);
  const op = reader.oneOf("op", Object.keys(operationData) as PlanOperation[]);
  const ids = { min: 0, max: around.columns.length - 1 };
  const step = {
    op,
    inputs: reader.counts("inputs", ids),
    outputs: reader.counts("outputs", ids),
    parameters: reader.counts("parameters", { min: 0, max: around.parameters.length - 1 }),
    ...(reader.has("continues") && {
      continues: reader.count("continues", { min: 0, max: around.steps.length - 1 }),
    }),
  };
  const settings = reader.raw("settings");
  reader.end();
  return withSettings(`${where} (${op})`, step, settings, around);
}

function withSettings(
  where: string,
  step: Omit<PlanStep, "settings">,
  json: Json,
  { columns, parameters, steps }: PlanAround,
): PlanStep {
  const widths = (list: readonly number[]): number[] => list.map((id) => columns[id] as number);
  const begin = step.continues === undefined ? undefined : steps[step.continues];
  const own = step.parameters.map((id) => parameters[id] as PlanPlace["parameters"][number]);
  const given = {
    inputs: widths(step.inputs),
    outputs: widths(step.outputs),
    parameters: own.map(({ size }) => size),
    continued: begin && { ...begin, inputs: widths(begin.inputs) },
    fail: (expected: string, got: string): never => fail("config", where, expected, got),
  };
  if (step.op === "sumColumns" && step.inputs.length === 0) given.fail("an input", "none");
  const settings = readSettings(where, json, settingsOf(step.op));
  const { outputs, masks = [] } = checkedSizes(step.op, { ...given, settings });
  expectSizes("columns of outputs", given.outputs, outputs, given.fail);
  for (const mask of masks) {
    if (own[mask]?.values.every((value) => value === 0 || value === 1) !== true)
      given.fail("a mask of 0 and 1", "others");
  }
  return { ...step, settings } as unknown as PlanStep;
}

function fail(reason: "config" | "limit", where: string, expected: string, got: string): never {
  throw new ModelFileError(reason, `${where}: expected ${expected}, got ${got}.`);
}

const ANY = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

/**
 * Reads settings of a file, which must be complete and contain no extra fields. `checkedSizes` later checks that lists
 * of columns fit the matrices of a step.
 *
 * @throws {ModelFileError}
 */
function readSettings(where: string, json: Json, fields: Fields): object {
  const reader = new ConfigReader(where, json);
  const settings: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (typeof field !== "object" || !("optional" in field)) settings[name] = readField(reader, name, field);
    else if (reader.has(name)) settings[name] = readField(reader, name, field.optional);
  }
  reader.end();
  return settings;
}

function readField(reader: ConfigReader, name: string, field: Field): unknown {
  if (field === "boolean") return reader.boolean(name);
  if (field === "count") return reader.count(name);
  if (field === "number") return reader.number(name);
  if (Array.isArray(field)) return reader.oneOf(name, field as readonly string[]);
  if ("count" in field) return reader.count(name, field.count);
  if ("number" in field) return reader.number(name, field.number);
  if ("places" in field) return reader.counts(name, { min: 0 });
  if ("each" in field) return reader.numbers(name, field.isInfinite === true ? ANY : {});
  if ("fields" in field) return readSettings(name, reader.raw(name), field.fields);
  if ("list" in field) {
    return reader.array(name).map((json, i) => {
      const item = `${name}[${i}]`;
      return readField(new ConfigReader(name, { [item]: json }), item, field.list);
    });
  }
  if (!("either" in field)) throw new Error(`${name}: expected a known kind of setting, got another one.`);
  return reader.raw(name) === field.either ? field.either : readSettings(name, reader.raw(name), field.or);
}

/** Which matrices of a plan hold numbers already: each is written once, whole or column by column, before it is read. */
class MatrixStates {
  private readonly columns: readonly number[];
  private readonly where: string;
  private readonly whole = new Set<number>();
  /** Of matrices that are filled in parts, the columns that have been. */
  private readonly parts = new Map<number, Set<number>>();

  constructor(where: string, columns: readonly number[]) {
    this.where = where;
    this.columns = columns;
  }

  /** Follows a step. */
  run(where: string, step: PlanStep): void {
    for (const id of step.inputs) this.read(where, id);
    if (step.op === "fillColumns") this.fill(step.outputs[0] as number, step.settings.columns);
    else for (const id of step.outputs) this.write(id);
  }

  /** @throws {ModelFileError} the matrix is not complete. */
  read(where: string, id: number): void {
    if (!this.whole.has(id))
      throw new ModelFileError("config", `${where}: expected matrix ${id} to be complete, got it unwritten.`);
  }

  /** @throws {ModelFileError} the matrix has been written before. */
  write(id: number): void {
    if (this.whole.has(id) || this.parts.has(id)) this.failTwice(id);
    this.whole.add(id);
  }

  private fill(id: number, columns: readonly number[]): void {
    if (this.whole.has(id)) this.failTwice(id);
    const filled = this.parts.get(id) ?? new Set<number>();
    for (const column of columns) {
      if (filled.has(column)) this.failTwice(id);
      filled.add(column);
    }
    this.parts.set(id, filled);
    if (filled.size === this.columns[id]) this.whole.add(id);
  }

  private failTwice(id: number): never {
    throw new ModelFileError("config", `${this.where}: expected matrix ${id} to be written once, got it twice.`);
  }
}

/**
 * Next rank of each autoregressive network of a plan. The steps of a network must continue its beginning in the order
 * of the ranks, and with the same context.
 */
class RankStates {
  private readonly next = new Map<number, number>();

  /** Checks a step against the earlier steps `before`; its sizes are already checked. */
  run(where: string, step: PlanStep, before: readonly PlanStep[]): void {
    const fail = (expected: string, got: string): never => {
      throw new ModelFileError("config", `${where} (${step.op}): expected ${expected}, got ${got}.`);
    };
    const { continues } = step;
    if (step.op !== "autoregressiveStep") {
      if (continues !== undefined) fail("no step to continue", `${continues}`);
      return;
    }
    const from = continues ?? fail("a step to continue", "none");
    const rank = this.next.get(from) ?? 0;
    if (step.settings.rank !== rank) fail(`rank ${rank}`, `${step.settings.rank}`);
    this.next.set(from, rank + 1);
    const [context] = before[from]?.inputs ?? [];
    if (context !== undefined && step.inputs.at(-1) !== context) fail("the context of its beginning", "another matrix");
  }
}
