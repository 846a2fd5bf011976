import type { Plan, PlanOperation, PlanStepOf, PlanTrainerOptions } from "@pushforward/core/extend";
import { stepKinds } from "@pushforward/kernels";

/** Minimum work, in operations, of a step and of a whole training (about one second) for which threads pay off. */
const STEP_WORK = 1e7;
const TRAINING_WORK = 3e10;
/** Most threads that `auto` takes: the parameters are copied and the gradients added by one. */
export const MOST_THREADS = 8;
/** Fewest rows of a thread. */
const THREAD_ROWS = 64;

/** Number of threads that this machine can run at the same time. */
export function coreCount(): number {
  const os = globalThis.process?.getBuiltinModule?.("node:os");
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Why threads can't be started here, if so. */
export function threadRefusal(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    return "the page is not cross-origin isolated, so threads can't share memory";
  }
  const isNode = globalThis.process?.getBuiltinModule !== undefined;
  return isNode || typeof Worker !== "undefined" ? undefined : "this engine has no workers";
}

/** The number of threads that a training gets. */
export function threadCount(plan: Plan, options: Omit<PlanTrainerOptions, "trained">): number {
  const { rows, threads = 1, steps = 1 } = options;
  const blocks = Math.ceil(rows / 8);
  if (threads !== "auto") return threads === 1 || threadRefusal() !== undefined ? 1 : Math.min(threads, blocks);
  const most = Math.min(coreCount(), MOST_THREADS, Math.floor(rows / THREAD_ROWS));
  if (most < 2 || threadRefusal() !== undefined) return 1;
  const work = 6 * rows * weightCount(plan);
  return work < STEP_WORK || work * steps < TRAINING_WORK ? 1 : most;
}

/** Multiplications of a row. */
function weightCount({ steps, parameters }: Plan): number {
  return steps.reduce((sum, step) => sum + weightsOf(step, parameters), 0);
}

function weightsOf<K extends PlanOperation>(
  { op, settings, parameters: ids }: PlanStepOf<K>,
  parameters: Plan["parameters"],
): number {
  return stepKinds[op].weights?.(settings, (place) => parameters[ids[place] as number]?.read() ?? []) ?? 0;
}
