// From arrays to gradients: a plan on the memory of a backend.
import type { Parameter, PlanStepResult, PlanTrainer } from "@pushforward/core";
import { type Kernels, PlanRun } from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { TrainingPlan } from "./training-plan.ts";

/** Trains a plan in an arena that is allocated once. */
export class ArenaTrainer implements PlanTrainer {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly training: TrainingPlan;
  private readonly arena: tf.TensorInfo;
  /** By parameter of the plan; also of frozen ones of a step that trains others. */
  private readonly gradients: readonly (tf.Tensor | undefined)[];
  private readonly trained: ReadonlyMap<Parameter, tf.Tensor>;
  private runs = new Map<number, PlanRun>();
  /** The arena and the parameters as `runs` see them. */
  private seen: readonly Float32Array[] = [];
  private disposed = false;

  constructor(backend: object, kernels: Kernels, training: TrainingPlan) {
    const { plan, layout, trained, written } = training;
    this.backend = backend;
    this.kernels = kernels;
    this.training = training;
    const memory = kernelMemory(backend);
    this.arena = memory.allocate([layout.size], "float32");
    this.gradients = plan.parameters.map(({ shape }, i) => {
      if (!written.has(i)) return undefined;
      const info = memory.allocate(shape, "float32");
      memory.values(info).fill(0);
      // Another backend may be the running one since the threads of this training began to start.
      return tf.keep(tf.engine().makeTensorFromTensorInfo(info, backend as tf.KernelBackend));
    });
    this.trained = new Map([...trained].map((i) => [plan.parameters[i] as Parameter, this.gradients[i] as tf.Tensor]));
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  get isCurrent(): boolean {
    return tf.backend() === this.backend;
  }

  step(inputs: readonly Float32Array[], seed: Float32Array): PlanStepResult {
    const run = this.runFor(seed.length);
    for (const [k, input] of inputs.entries()) run.inputs[k]?.set(input);
    run.seeds[0]?.set(seed);
    run.forward();
    run.backward();
    return { output: run.outputs[0] as Float32Array, gradients: this.trained };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.runs.clear();
    kernelMemory(this.backend).free(this.arena);
    for (const gradient of this.gradients) gradient?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The plan bound to its arrays, which move when a parameter is assigned or the memory grows. */
  private runFor(rows: number): PlanRun {
    const memory = kernelMemory(this.backend);
    const values = (info: tf.TensorInfo): Float32Array => memory.values(info) as Float32Array;
    const { plan, layout, passes } = this.training;
    // Asked for first: one that is used for the first time, or that another backend had, may move the memory.
    const variables = plan.parameters.map(({ variable }) => variable);
    for (const variable of variables) values(variable);
    const now = [values(this.arena), ...variables.map(values)];
    if (now.some((view, i) => !isSame(view, this.seen[i]))) {
      this.runs.clear();
      this.seen = now;
    }
    let run = this.runs.get(rows);
    if (run === undefined) {
      const [arena, ...parameters] = this.seen as [Float32Array, ...Float32Array[]];
      const gradients = this.gradients.map((gradient) => gradient && values(gradient));
      run = new PlanRun(this.kernels, plan, layout, passes, { arena, parameters, gradients }, rows);
      this.runs.set(rows, run);
    }
    return run;
  }
}

function isSame(a: Float32Array, b: Float32Array | undefined): boolean {
  return a.buffer === b?.buffer && a.byteOffset === b.byteOffset;
}
