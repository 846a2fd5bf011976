import {
  ConfigReader,
  checkedSizes,
  expectSizes,
  type Json,
  ModelFileError,
  operationData,
  type PlanOperation,
  type PlanStep,
  settingsOf,
} from "@pushforward/core/plain";
import { planLayout } from "@pushforward/kernels";
import type { FilePlan } from "../file/plan-file.ts";
import { MatrixStates, RankStates } from "./plan-states.ts";
import { readSettings } from "./read-settings.ts";

const MAX_STEPS = 20_000;
/** Numbers that a plan may take for the smallest batch: half a GiB. */
const MAX_ARENA = 1 << 27;
const SMALLEST_BATCH = 64;

/** What a plan of a file must fit. */
export interface PlanPlace {
  /** All parameters of the file. */
  readonly parameters: readonly { readonly size: number; readonly values: Float32Array }[];
  /** Columns of its inputs and outputs. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * A plan of a file, every step of which reads matrices that are complete, has the sizes that its settings ask for, and
 * writes what no other step writes.
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

/** What is known of a plan while its steps are read: those that come before are complete. */
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
