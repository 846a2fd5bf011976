import { type Kernels, type PlanDraws, PlanRun } from "@pushforward/kernels";
import { type HeldValues, kernelMemory } from "@pushforward/ops";
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
  private readonly variables: readonly tf.Variable[];
  /** The arena, then the parameters and gradients, as `runs` see them. */
  private seen: HeldValues | undefined;

  constructor(backend: object, kernels: Kernels, training: TrainingPlan, memory: PlanMemory) {
    this.backend = backend;
    this.kernels = kernels;
    this.training = training;
    this.memory = memory;
    this.variables = training.plan.parameters.map(({ variable }) => variable);
  }

  /** The plan for a number of rows; the same one as before, unless arrays have moved. */
  runFor(rows: number): PlanRun {
    const seen = this.seen?.isCurrent === true ? this.seen : this.look();
    let run = this.runs.get(rows);
    if (run === undefined) {
      const { plan, layout, passes } = this.training;
      const [arena, ...rest] = seen.values as [Float32Array, ...Float32Array[]];
      const parameters = rest.splice(0, this.variables.length);
      const gradients = this.memory.gradients.map((gradient) => gradient && rest.shift());
      const identities = this.variables.map(({ dataId }) => dataId);
      const arrays = { arena, parameters, gradients, identities, draws: this.memory.draws };
      run = new PlanRun(this.kernels, plan, layout, passes, arrays, rows);
      this.runs.set(rows, run);
    }
    return run;
  }

  /** Looks where the arrays are, and forgets what was bound to others. */
  private look(): HeldValues {
    const { arena, gradients } = this.memory;
    const written = gradients.filter((gradient) => gradient !== undefined);
    const seen = kernelMemory(this.backend).hold([arena, ...this.variables, ...written]);
    const isSame = seen.values.every((view, i) => {
      const before = this.seen?.values[i];
      return view.buffer === before?.buffer && view.byteOffset === before.byteOffset;
    });
    if (!isSame) this.runs.clear();
    this.seen = seen;
    return seen;
  }
}
