import { type Kernels, type PlanDraws, PlanRun } from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import type { TrainingPlan } from "./training-plan.ts";

/** What a training plan computes in, on the memory of a backend. */
export interface PlanMemory {
  readonly arena: tf.TensorInfo;
  /** Where the gradients of the parameters go, by parameter; undefined where none is wanted. */
  readonly gradients: readonly (tf.TensorInfo | undefined)[];
  readonly draws: PlanDraws;
}

/** A training plan bound to its arrays: anew when these move, because a parameter is assigned or the memory grows. */
export class PlanBinding {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly training: TrainingPlan;
  private readonly memory: PlanMemory;
  private readonly runs = new Map<number, PlanRun>();
  /** The arena, then the parameters, as `runs` see them. */
  private seen: readonly Float32Array[] = [];

  constructor(backend: object, kernels: Kernels, training: TrainingPlan, memory: PlanMemory) {
    this.backend = backend;
    this.kernels = kernels;
    this.training = training;
    this.memory = memory;
  }

  /** The plan for a number of rows; the same one as before, unless arrays have moved. */
  runFor(rows: number): PlanRun {
    const memory = kernelMemory(this.backend);
    const values = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
    const { plan, layout, passes } = this.training;
    const variables = plan.parameters.map(({ variable }) => variable);
    const infos = [this.memory.arena, ...variables];
    let now = infos.map(values);
    // One that is used for the first time, or that another backend had, may have moved the memory.
    if (now.some(({ buffer }) => buffer !== now.at(-1)?.buffer)) now = infos.map(values);
    if (now.some((view, i) => !isSame(view, this.seen[i]))) {
      this.runs.clear();
      this.seen = now;
    }
    let run = this.runs.get(rows);
    if (run === undefined) {
      const [arena, ...parameters] = this.seen as [Float32Array, ...Float32Array[]];
      const gradients = this.memory.gradients.map((gradient) => gradient && values(gradient));
      const identities = variables.map(({ dataId }) => dataId);
      const arrays = { arena, parameters, gradients, identities, draws: this.memory.draws };
      run = new PlanRun(this.kernels, plan, layout, passes, arrays, rows);
      this.runs.set(rows, run);
    }
    return run;
  }
}

function isSame(a: Float32Array, b: Float32Array | undefined): boolean {
  return a.buffer === b?.buffer && a.byteOffset === b.byteOffset;
}
