import type { Parameter, Plan, TapeTrainer } from "@pushforward/core";
import type { Kernels } from "@pushforward/kernels";
import * as tf from "@tensorflow/tfjs-core";
import { TapeRun } from "./tape-run.ts";
import { type TrainingPlan, trainingPlan } from "./training-plan.ts";

/** A run that is kept, with the gradients of its parameters as tensors. */
interface KeptRun {
  readonly run: TapeRun;
  readonly gradients: ReadonlyMap<Parameter, tf.Tensor>;
  isUsed: boolean;
}

/** Keeps the runs of plans from one step of a training to the next. */
export class TapeRunTrainer implements TapeTrainer {
  private readonly backend: object;
  private readonly kernels: Kernels;
  private readonly trained: ReadonlySet<Parameter>;
  /** Makes a trainer the one for which plans on the tape are run, and gives what ends that. */
  private readonly enter: (trainer: TapeRunTrainer) => () => void;
  private readonly prepared = new Map<Plan, TrainingPlan>();
  private kept: KeptRun[] = [];
  private readonly collected = new Map<Parameter, tf.Tensor[]>();

  constructor(
    backend: object,
    kernels: Kernels,
    trained: Iterable<Parameter>,
    enter: (trainer: TapeRunTrainer) => () => void,
  ) {
    this.backend = backend;
    this.kernels = kernels;
    this.trained = new Set(trained);
    this.enter = enter;
  }

  get isCurrent(): boolean {
    return tf.backend() === this.backend;
  }

  get gradients(): ReadonlyMap<Parameter, readonly tf.Tensor[]> {
    return this.collected;
  }

  trace<T>(loss: () => T): T {
    this.collected.clear();
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

  /** A plan for at least as many rows, such that the batches of an epoch, of which some have a row less, share one. */
  trainingFor(plan: Plan, rows: number): TrainingPlan {
    const known = this.prepared.get(plan);
    if (known !== undefined && rows <= known.layout.rows && known.layout.rows <= rows + 1) return known;
    const trained = plan.parameters.filter((parameter) => this.trained.has(parameter));
    const training = trainingPlan(plan, rows, trained, true);
    this.prepared.set(plan, training);
    return training;
  }

  /** A parameter of a plan by which the tape knows that the plan depends on what is trained. */
  anchorOf({ plan, trained }: TrainingPlan): Parameter | undefined {
    const [first] = trained;
    return first === undefined ? undefined : plan.parameters[first];
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

  /** Takes the gradients that a run has computed, but for that of the anchor, which it returns. */
  collect(run: TapeRun, anchor: Parameter | undefined): tf.Tensor | undefined {
    const gradients = this.kept.find((kept) => kept.run === run)?.gradients ?? new Map<Parameter, tf.Tensor>();
    for (const [parameter, gradient] of gradients) {
      if (parameter === anchor) continue;
      const others = this.collected.get(parameter);
      if (others === undefined) this.collected.set(parameter, [gradient]);
      else others.push(gradient);
    }
    return anchor && gradients.get(anchor);
  }

  dispose(): void {
    this.collected.clear();
    this.free(() => true);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private open(training: TrainingPlan): KeptRun {
    const { plan, written } = training;
    const run = new TapeRun(this.backend, this.kernels, training);
    const gradients = new Map<Parameter, tf.Tensor>();
    for (const [k, id] of [...written].entries()) {
      const tensor = tf.keep(tf.engine().makeTensorFromTensorInfo(run.gradients[k] as tf.TensorInfo));
      gradients.set(plan.parameters[id] as Parameter, tensor);
    }
    return { run, gradients, isUsed: false };
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
