import type { Plan } from "@pushforward/core";
import type { Kernels, PlanRun } from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { PlanBinding } from "./plan-binding.ts";
import { TrainingDraws } from "./training-draws.ts";
import { type TrainingPlan, trainingPlan } from "./training-plan.ts";

/** Most numbers that the arena of one run may take, 256 MiB: it is kept until the gradient is known. */
const LARGEST_ARENA = 1 << 26;

const KERNEL = "PushforwardPlan";

/** What a run does; the kernel and its gradient only find the moments for it. */
interface PlanAttributes {
  readonly forward: () => tf.TensorInfo[];
  readonly backward: (outputGradients: readonly tf.Tensor[]) => tf.Tensor[];
}

/** The kernel by which the tape sees the run of a plan. */
export const planKernel: Pick<tf.KernelConfig, "kernelName" | "kernelFunc"> = {
  kernelName: KERNEL,
  kernelFunc: ({ attrs }) => (attrs as unknown as PlanAttributes).forward(),
};

/** Its gradient. Nothing is saved, because the tape copies what it saves. */
export const planGradient: tf.GradConfig = {
  kernelName: KERNEL,
  gradFunc: (dy, _, attrs) => {
    const { backward } = attrs as unknown as PlanAttributes;
    const gradients = backward(Array.isArray(dy) ? dy : [dy]);
    return Object.fromEntries(gradients.map((gradient, i) => [i, () => gradient]));
  },
};

/** A run between its forward and its backward pass. */
interface OpenRun {
  /** The tape that it is on: when another one runs, no backward pass will come. */
  readonly tape: object | null;
  readonly training: TrainingPlan;
  readonly arena: tf.TensorInfo;
  /** Of the trained parameters. */
  readonly gradients: readonly tf.TensorInfo[];
  readonly binding: PlanBinding;
  /** What the forward pass ran. */
  run?: PlanRun;
}

/** Runs plans as operations on the tape of tfjs: forward with all that the backward pass will read in an arena. */
export class PlanOnTape {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly prepared = new WeakMap<Plan, TrainingPlan>();
  private readonly open = new Set<OpenRun>();

  constructor(backend: object, kernels: Kernels) {
    this.backend = backend;
    this.kernels = kernels;
  }

  /** The outputs; undefined where too much would have to be kept. */
  run(plan: Plan, inputs: readonly tf.Tensor[]): tf.Tensor[] | undefined {
    this.freeAbandoned();
    const training = this.trainingFor(plan, inputs[0]?.shape[0] as number);
    if (training.layout.size > LARGEST_ARENA) return undefined;
    let open: OpenRun | undefined;
    const attributes: PlanAttributes = {
      forward: () => {
        open = this.openRun(training);
        return this.forward(open, inputs);
      },
      backward: (outputGradients) => this.backward(open as OpenRun, inputs, outputGradients),
    };
    const all = [...inputs, ...trainedVariables(training)] as unknown as tf.NamedTensorMap;
    return tf.engine().runKernel(KERNEL, all, attributes as unknown as tf.NamedAttrMap) as unknown as tf.Tensor[];
  }

  /** Frees the arenas of runs whose gradient nobody has asked for. */
  freeAbandoned(): void {
    const tape = tf.engine().state.activeTape;
    for (const open of this.open) {
      if (open.tape === tape) continue;
      this.open.delete(open);
      for (const info of [open.arena, ...open.gradients]) kernelMemory(this.backend).free(info);
    }
  }

  private openRun(training: TrainingPlan): OpenRun {
    const memory = kernelMemory(this.backend);
    const arena = memory.allocate([training.layout.size], "float32");
    const gradients = trainedVariables(training).map(({ shape }) => memory.allocate(shape, "float32"));
    const byParameter: (tf.TensorInfo | undefined)[] = training.plan.parameters.map(() => undefined);
    for (const [k, id] of [...training.written].entries()) byParameter[id] = gradients[k];
    const draws = new TrainingDraws(training.plan);
    draws.update();
    const places = { arena, gradients: byParameter, draws };
    const binding = new PlanBinding(this.backend, this.kernels, training, places);
    const open = { tape: tf.engine().state.activeTape, training, arena, gradients, binding };
    this.open.add(open);
    return open;
  }

  private forward(open: OpenRun, inputs: readonly tf.Tensor[]): tf.TensorInfo[] {
    const { plan, layout } = open.training;
    const memory = kernelMemory(this.backend);
    const outputs = plan.outputs.map((id) => memory.allocate([layout.rows, plan.columns[id] as number], "float32"));
    const run = open.binding.runFor(layout.rows);
    open.run = run;
    // Steps leave what has no gradient, the dead part of a matrix, as it is.
    for (const gradient of open.gradients) this.values(gradient).fill(0);
    for (const [k, input] of run.inputs.entries()) input.set(this.values(inputs[k] as tf.Tensor));
    run.forward();
    for (const [k, output] of run.outputs.entries()) this.values(outputs[k] as tf.TensorInfo).set(output);
    return outputs;
  }

  /** The gradients of the inputs, then of the parameters, which now belong to the tape. */
  private backward(open: OpenRun, inputs: readonly tf.Tensor[], outputGradients: readonly tf.Tensor[]): tf.Tensor[] {
    const memory = kernelMemory(this.backend);
    // First what may move the memory, then the views.
    for (const gradient of outputGradients) this.values(gradient);
    const ofInputs = inputs.map(({ shape }) => memory.allocate(shape, "float32"));
    const run = open.binding.runFor(open.training.layout.rows);
    // Steps also keep what they found beside the arena, and the run that found it is lost when the memory has moved.
    if (run !== open.run) run.forward();
    for (const [k, seed] of run.seeds.entries()) seed?.set(this.values(outputGradients[k] as tf.Tensor));
    run.backward();
    for (const [k, info] of ofInputs.entries()) {
      const gradient = run.inputGradients[k];
      if (gradient === undefined) this.values(info).fill(0);
      else this.values(info).set(gradient);
    }
    this.open.delete(open);
    memory.free(open.arena);
    return [...ofInputs, ...open.gradients].map((info) => tf.engine().makeTensorFromTensorInfo(info));
  }

  private trainingFor(plan: Plan, rows: number): TrainingPlan {
    let training = this.prepared.get(plan);
    if (training?.layout.rows !== rows) {
      const trainable = plan.parameters.filter((parameter) => parameter.trainable);
      training = trainingPlan(plan, rows, trainable, true);
      this.prepared.set(plan, training);
    }
    return training;
  }

  private values(info: tf.TensorInfo): Float32Array {
    return kernelMemory(this.backend).values(info) as Float32Array;
  }
}

function trainedVariables({ plan, written }: TrainingPlan): tf.Variable[] {
  return Array.from(written, (id) => plan.parameters[id]?.variable as tf.Variable);
}
