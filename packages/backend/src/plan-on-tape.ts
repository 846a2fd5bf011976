import type { Plan } from "@pushforward/core";
import { type Kernels, PlanRun } from "@pushforward/kernels";
import { kernelMemory } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
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
  /** The arena, then the gradients of the trained parameters. */
  readonly own: readonly tf.TensorInfo[];
  bound?: { readonly run: PlanRun; readonly views: readonly Float32Array[] };
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
      for (const info of open.own) kernelMemory(this.backend).free(info);
    }
  }

  private openRun(training: TrainingPlan): OpenRun {
    const shapes = [[training.layout.size], ...trainedVariables(training).map(({ shape }) => shape)];
    const own = shapes.map((shape) => kernelMemory(this.backend).allocate(shape, "float32"));
    const open = { tape: tf.engine().state.activeTape, training, own };
    this.open.add(open);
    return open;
  }

  private forward(open: OpenRun, inputs: readonly tf.Tensor[]): tf.TensorInfo[] {
    const { plan, layout } = open.training;
    const memory = kernelMemory(this.backend);
    const outputs = plan.outputs.map((id) => memory.allocate([layout.rows, plan.columns[id] as number], "float32"));
    const run = this.bind(open);
    // Steps leave what has no gradient, the dead part of a matrix, as it is.
    for (const gradient of open.own.slice(1)) this.values(gradient).fill(0);
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
    const run = this.bind(open);
    for (const [k, seed] of run.seeds.entries()) seed?.set(this.values(outputGradients[k] as tf.Tensor));
    run.backward();
    for (const [k, info] of ofInputs.entries()) {
      const gradient = run.inputGradients[k];
      if (gradient === undefined) this.values(info).fill(0);
      else this.values(info).set(gradient);
    }
    const [arena, ...ofParameters] = open.own as [tf.TensorInfo, ...tf.TensorInfo[]];
    this.open.delete(open);
    memory.free(arena);
    return [...ofInputs, ...ofParameters].map((info) => tf.engine().makeTensorFromTensorInfo(info));
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

  /** The plan with its arrays: once, unless they move. */
  private bind(open: OpenRun): PlanRun {
    const { plan, passes, layout, written } = open.training;
    const variables = plan.parameters.map(({ variable }) => variable);
    // First what may move the memory.
    for (const variable of variables) this.values(variable);
    const views = [...open.own, ...variables].map((info) => this.values(info));
    if (open.bound?.views.every((view, i) => isSame(view, views[i] as Float32Array))) return open.bound.run;
    const gradients: (Float32Array | undefined)[] = variables.map(() => undefined);
    for (const [k, id] of [...written].entries()) gradients[id] = views[k + 1] as Float32Array;
    const arrays = {
      arena: views[0] as Float32Array,
      parameters: views.slice(open.own.length),
      gradients,
      identities: variables.map(({ dataId }) => dataId),
    };
    const run = new PlanRun(this.kernels, plan, layout, passes, arrays, layout.rows);
    open.bound = { run, views };
    return run;
  }

  private values(info: tf.TensorInfo): Float32Array {
    return kernelMemory(this.backend).values(info) as Float32Array;
  }
}

function trainedVariables({ plan, written }: TrainingPlan): tf.Variable[] {
  return Array.from(written, (id) => plan.parameters[id]?.variable as tf.Variable);
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset;
}
