import type { Parameter } from "@pushforward/core";
import type { Plan, TapeTrainer } from "@pushforward/core/extend";
import type { Kernels, PlanRun } from "@pushforward/kernels";
import * as tf from "@tensorflow/tfjs-core";
import { kernelMemory } from "../memory/kernel-memory.ts";
import { PlanBinding } from "./plan-binding.ts";
import { servesRows, TrainingDraws, type TrainingPlan, trainingPlan } from "./training-plan.ts";

/** Runs a plan forward and backward in its own memory, which keeps the values that the backward pass reads. */
export class TapeRun {
  readonly training: TrainingPlan;
  /** Of the parameters that the plan writes gradients of, in their order there. */
  readonly gradients: readonly tf.TensorInfo[];
  private readonly backend: object;
  private readonly arena: tf.TensorInfo;
  private readonly draws: TrainingDraws;
  private readonly binding: PlanBinding;
  /** The run of the forward pass, and its number of rows. */
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

  /** Returns the gradients of the inputs, after {@link forward}. The gradients of the parameters are in `gradients`. */
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

/** A run that is kept, with the gradients of the trained parameters as tensors. */
interface KeptRun {
  readonly run: TapeRun;
  readonly gradients: ReadonlyMap<Parameter, tf.Tensor>;
  isUsed: boolean;
}

/** Keeps the runs of plans from one step of a training to the next. */
export class TapeRunTrainer implements TapeTrainer {
  readonly anchor: tf.Tensor;
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly trained: ReadonlySet<Parameter>;
  /** Makes a trainer the current one for plans on the tape. Returns a function that restores the previous trainer. */
  private readonly enter: (trainer: TapeRunTrainer) => () => void;
  private readonly prepared = new Map<Plan, TrainingPlan>();
  private kept: KeptRun[] = [];
  /** Runs that have completed a backward pass in this step. */
  private readonly done: KeptRun[] = [];
  /** Gradients that are more than the gradient of a single run, by parameter. */
  private readonly sums = new Map<Parameter, tf.Tensor>();
  private collected: ReadonlyMap<Parameter, tf.Tensor> = new Map();

  constructor(
    backend: object,
    kernels: Kernels,
    trained: Iterable<Parameter>,
    enter: (trainer: TapeRunTrainer) => () => void,
  ) {
    this.anchor = tf.keep(tf.scalar(0));
    this.backend = backend;
    this.kernels = kernels;
    this.trained = new Set(trained);
    this.enter = enter;
  }

  get isCurrent(): boolean {
    return tf.backend() === this.backend;
  }

  trace<T>(loss: () => T): T {
    this.done.length = 0;
    // What a step does not use the next one is not likely to.
    this.free(({ isUsed }) => !isUsed);
    for (const kept of this.kept) kept.isUsed = false;
    const leave = this.enter(this);
    try {
      return loss();
    } finally {
      leave();
    }
  }

  collect(ofTape: ReadonlyMap<Parameter, tf.Tensor>): ReadonlyMap<Parameter, tf.Tensor> {
    const { done, collected } = this;
    const gradients = new Map<Parameter, tf.Tensor>();
    for (const parameter of this.trained) {
      const terms: tf.Tensor[] = [];
      for (const kept of done) {
        const gradient = kept.gradients.get(parameter);
        if (gradient !== undefined) terms.push(gradient);
      }
      const other = ofTape.get(parameter);
      if (other === undefined && terms.length === 1) gradients.set(parameter, terms[0] as tf.Tensor);
      else if (other !== undefined) gradients.set(parameter, this.sum(parameter, [other, ...terms]));
      else if (terms.length > 0) gradients.set(parameter, this.sum(parameter, terms));
    }
    // The same map for the same tensors, so that who goes through it can tell.
    const isSame = gradients.size === collected.size && [...gradients].every(([p, g]) => collected.get(p) === g);
    if (!isSame) this.collected = gradients;
    return this.collected;
  }

  /** A plan prepared for the trained parameters. */
  trainingFor(plan: Plan, rows: number): TrainingPlan {
    const known = this.prepared.get(plan);
    if (known !== undefined && servesRows(known, rows)) return known;
    const trained = plan.parameters.filter((parameter) => this.trained.has(parameter));
    const training = trainingPlan(plan, rows, trained, true);
    this.prepared.set(plan, training);
    return training;
  }

  /** A run that nobody uses in this step. */
  take(training: TrainingPlan): TapeRun {
    let kept = this.kept.find(({ run, isUsed }) => !isUsed && run.training === training);
    if (kept === undefined) {
      kept = this.open(training);
      this.kept.push(kept);
    }
    kept.isUsed = true;
    return kept.run;
  }

  /** Adds the gradients that a run has computed. */
  add(run: TapeRun): void {
    const kept = this.kept.find((one) => one.run === run);
    if (kept !== undefined) this.done.push(kept);
  }

  dispose(): void {
    this.done.length = 0;
    this.collected = new Map();
    this.free(() => true);
    for (const sum of this.sums.values()) sum.dispose();
    this.sums.clear();
    this.anchor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private open(training: TrainingPlan): KeptRun {
    const { plan, written } = training;
    const run = new TapeRun(this.backend, this.kernels, training);
    const gradients = new Map<Parameter, tf.Tensor>();
    // All of them become tensors, also those of what is frozen in a step that trains others, so that they are freed.
    for (const [k, id] of [...written].entries()) {
      const tensor = tf.keep(tf.engine().makeTensorFromTensorInfo(run.gradients[k] as tf.TensorInfo));
      gradients.set(plan.parameters[id] as Parameter, tensor);
    }
    return { run, gradients, isUsed: false };
  }

  private sum(parameter: Parameter, terms: readonly tf.Tensor[]): tf.Tensor {
    let to = this.sums.get(parameter);
    const memory = kernelMemory(this.backend);
    if (to === undefined) {
      to = tf.keep(tf.engine().makeTensorFromTensorInfo(memory.allocate(parameter.shape, "float32")));
      this.sums.set(parameter, to);
    }
    const values = (tensor: tf.Tensor): Float32Array => memory.values(tensor) as Float32Array;
    // First all that may move the memory.
    for (const term of terms) values(term);
    const [first, ...others] = terms;
    values(to).set(values(first as tf.Tensor));
    for (const other of others) this.kernels.add(values(other), values(to));
    return to;
  }

  private free(isDone: (kept: KeptRun) => boolean): void {
    for (const kept of this.kept) {
      if (!isDone(kept)) continue;
      kept.run.freeArena();
      for (const gradient of kept.gradients.values()) gradient.dispose();
    }
    this.kept = this.kept.filter((kept) => !isDone(kept));
  }
}
