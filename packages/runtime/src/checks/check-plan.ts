import {
  ConfigReader,
  type Json,
  ModelFileError,
  type PlanOperation,
  type PlanStep,
  type PlanStepOf,
} from "@pushforward/core/plain";
import { planLayout } from "@pushforward/kernels";
import type { FilePlan } from "../file/plan-file.ts";
import { checkRanks } from "./check-ranks.ts";
import { MatrixStates } from "./matrix-states.ts";
import type { GivenStep } from "./step-check.ts";
import { stepChecks } from "./step-checks.ts";

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
  const states = new MatrixStates(where, columns);
  for (const id of inputs) states.write(id);
  const steps = list.map((step, i) => {
    const name = `${where}, step ${i}`;
    return checkStep(
      name,
      step,
      columns,
      parameters.map((at) => place.parameters[at] as PlanPlace["parameters"][number]),
      i,
    );
  });
  for (const [i, step] of steps.entries()) states.run(`${where}, step ${i}`, step);
  for (const id of outputs) states.read(`${where}, outputs`, id);
  checkRanks(where, steps, columns);
  expectSizes(
    where,
    "columns of inputs",
    inputs.map((id) => columns[id] as number),
    place.inputs,
  );
  expectSizes(
    where,
    "columns of outputs",
    outputs.map((id) => columns[id] as number),
    place.outputs,
  );
  const plan = { columns, inputs, outputs, steps, parameters };
  const { size } = planLayout(plan, SMALLEST_BATCH);
  if (!(size <= MAX_ARENA)) fail("limit", where, `a plan of at most ${MAX_ARENA} numbers`, `${size}`);
  return plan;
}

function checkStep(
  where: string,
  json: Json,
  columns: readonly number[],
  parameters: PlanPlace["parameters"],
  index: number,
): PlanStep {
  const reader = new ConfigReader(where, json);
  const op = reader.oneOf("op", Object.keys(stepChecks) as PlanOperation[]);
  const ids = { min: 0, max: columns.length - 1 };
  const step = {
    op,
    inputs: reader.counts("inputs", ids),
    outputs: reader.counts("outputs", ids),
    parameters: reader.counts("parameters", { min: 0, max: parameters.length - 1 }),
    ...(reader.has("continues") && { continues: reader.count("continues", { min: 0, max: index - 1 }) }),
  };
  const settings = reader.raw("settings");
  reader.end();
  return checkSettings(where, step, settings, columns, parameters);
}

function checkSettings<K extends PlanOperation>(
  where: string,
  step: Omit<PlanStepOf<K>, "settings">,
  json: Json,
  columns: readonly number[],
  parameters: PlanPlace["parameters"],
): PlanStep {
  const widths = (list: readonly number[]): number[] => list.map((id) => columns[id] as number);
  const own = step.parameters.map((at) => parameters[at] as PlanPlace["parameters"][number]);
  const refuse = (expected: string, got: string): never => fail("config", `${where} (${step.op})`, expected, got);
  const given: GivenStep = {
    inputs: widths(step.inputs),
    outputs: widths(step.outputs),
    parameters: own.map(({ size }) => size),
    checkMask: (at) => {
      if (own[at]?.values.every((value) => value === 0 || value === 1) !== true) refuse("a mask of 0 and 1", "others");
    },
    fail: refuse,
  };
  const settings = new ConfigReader(`${where} (${step.op})`, json);
  const checked = stepChecks[step.op](settings, given);
  settings.end();
  const at = `${where} (${step.op})`;
  expectSizes(at, "columns of inputs", given.inputs, checked.inputs);
  expectSizes(at, "columns of outputs", given.outputs, checked.outputs);
  expectSizes(at, "sizes of parameters", given.parameters, checked.parameters ?? []);
  return { ...step, settings: checked.settings } as unknown as PlanStep;
}

function expectSizes(where: string, what: string, got: readonly number[], expected: readonly number[]): void {
  if (got.length === expected.length && got.every((size, i) => size === expected[i])) return;
  fail("config", where, `${what} [${expected.join(", ")}]`, `[${got.join(", ")}]`);
}

function fail(reason: "config" | "limit", where: string, expected: string, got: string): never {
  throw new ModelFileError(reason, `${where}: expected ${expected}, got ${got}.`);
}
