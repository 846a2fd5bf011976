// From arrays to gradients: a plan on the memory of a backend.
import type { Parameter } from "@pushforward/core";
import type { PlanStepResult, PlanTrainer } from "@pushforward/core/extend";
import type { Kernels } from "@pushforward/kernels";
import * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { PlanBinding } from "./plan-binding.ts";
import { TrainingDraws } from "./training-draws.ts";
import type { TrainingPlan } from "./training-plan.ts";

/** Trains a plan in an arena that is allocated once. */
export class ArenaTrainer implements PlanTrainer {
  private readonly backend: object;
  private readonly arena: tf.TensorInfo;
  /** By parameter of the plan; also of frozen ones of a step that trains others. */
  private readonly gradients: readonly (tf.Tensor | undefined)[];
  private readonly trained: ReadonlyMap<Parameter, tf.Tensor>;
  private readonly draws: TrainingDraws;
  private readonly binding: PlanBinding;
  private disposed = false;

  constructor(backend: object, kernels: Kernels, training: TrainingPlan) {
    const { plan, layout, trained, written } = training;
    this.backend = backend;
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
    this.draws = new TrainingDraws(plan);
    const { arena, gradients, draws } = this;
    this.binding = new PlanBinding(backend, kernels, training, { arena, gradients, draws });
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  get isCurrent(): boolean {
    return tf.backend() === this.backend;
  }

  step(inputs: readonly Float32Array[], seed: Float32Array): PlanStepResult {
    const run = this.binding.runFor(seed.length);
    for (const [k, input] of inputs.entries()) run.inputs[k]?.set(input);
    run.seeds[0]?.set(seed);
    this.draws.update();
    run.forward();
    run.backward();
    return { output: run.outputs[0] as Float32Array, gradients: this.trained };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    kernelMemory(this.backend).free(this.arena);
    for (const gradient of this.gradients) gradient?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
