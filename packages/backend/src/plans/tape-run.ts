import type { Kernels, PlanRun } from "@pushforward/kernels";
import type * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { PlanBinding } from "./plan-binding.ts";
import { TrainingDraws } from "./training-draws.ts";
import type { TrainingPlan } from "./training-plan.ts";

/** A plan, forward and backward, in memory of its own, which keeps between the two what the second reads. */
export class TapeRun {
  readonly training: TrainingPlan;
  /** Of the parameters that the plan writes gradients of, in their order there. */
  readonly gradients: readonly tf.TensorInfo[];
  private readonly backend: object;
  private readonly arena: tf.TensorInfo;
  private readonly draws: TrainingDraws;
  private readonly binding: PlanBinding;
  /** What the forward pass ran, and on how many rows. */
  private ran: PlanRun | undefined;
  private rows = 0;

  constructor(backend: object, kernels: Kernels, training: TrainingPlan) {
    const { plan, layout, written } = training;
    this.backend = backend;
    this.training = training;
    const memory = kernelMemory(backend);
    this.arena = memory.allocate([layout.size], "float32");
    const gradients: (tf.TensorInfo | undefined)[] = plan.parameters.map(({ shape }, id) =>
      written.has(id) ? memory.allocate(shape, "float32") : undefined,
    );
    this.gradients = Array.from(written, (id) => gradients[id] as tf.TensorInfo);
    // Steps leave what has no gradient, the dead part of a matrix, as it is.
    for (const gradient of this.gradients) this.values(gradient).fill(0);
    this.draws = new TrainingDraws(plan);
    this.binding = new PlanBinding(backend, kernels, training, { arena: this.arena, gradients, draws: this.draws });
  }

  /** The outputs. */
  forward(inputs: readonly tf.TensorInfo[]): tf.TensorInfo[] {
    const { plan } = this.training;
    const memory = kernelMemory(this.backend);
    this.rows = inputs[0]?.shape[0] as number;
    const outputs = plan.outputs.map((id) => memory.allocate([this.rows, plan.columns[id] as number], "float32"));
    this.draws.update();
    const run = this.binding.runFor(this.rows);
    this.ran = run;
    for (const [k, input] of run.inputs.entries()) input.set(this.values(inputs[k] as tf.TensorInfo));
    run.forward();
    for (const [k, output] of run.outputs.entries()) this.values(outputs[k] as tf.TensorInfo).set(output);
    return outputs;
  }

  /** The gradients of the inputs, after {@link forward}; those of the parameters are in `gradients`. */
  backward(outputGradients: readonly tf.TensorInfo[]): tf.TensorInfo[] {
    const { plan } = this.training;
    const memory = kernelMemory(this.backend);
    // First what may move the memory, then the views.
    for (const gradient of outputGradients) this.values(gradient);
    const ofInputs = plan.inputs.map((id) => memory.allocate([this.rows, plan.columns[id] as number], "float32"));
    const run = this.binding.runFor(this.rows);
    // Steps also keep what they found beside the arena, and the run that found it is lost when the memory has moved.
    if (run !== this.ran) run.forward();
    for (const [k, seed] of run.seeds.entries()) seed?.set(this.values(outputGradients[k] as tf.TensorInfo));
    run.backward();
    for (const [k, info] of ofInputs.entries()) {
      const gradient = run.inputGradients[k];
      if (gradient === undefined) this.values(info).fill(0);
      else this.values(info).set(gradient);
    }
    return ofInputs;
  }

  /** The gradients of the parameters as they are, in memory that belongs to the caller. */
  copyGradients(): tf.TensorInfo[] {
    const memory = kernelMemory(this.backend);
    const copies = this.gradients.map(({ shape }) => memory.allocate(shape, "float32"));
    for (const [k, copy] of copies.entries()) this.values(copy).set(this.values(this.gradients[k] as tf.TensorInfo));
    return copies;
  }

  /** Frees its memory. */
  free(): void {
    for (const info of [this.arena, ...this.gradients]) kernelMemory(this.backend).free(info);
  }

  /** Frees all but the gradients, where these have become tensors. */
  freeArena(): void {
    kernelMemory(this.backend).free(this.arena);
  }

  private values(info: tf.TensorInfo): Float32Array {
    return kernelMemory(this.backend).values(info) as Float32Array;
  }
}
