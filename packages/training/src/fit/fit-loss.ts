import { type Key, type Module, OptionError, type Parameter, type ParameterTree } from "@pushforward/core";
import { isConditionalDistribution, isDistribution, type Plan, sizeOf, withTraining } from "@pushforward/core/extend";
import type { TimeSlice } from "@pushforward/core/plain";
import { planLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { eventShapeOf, makeBatch, type StepRows, type Table } from "../data/training-data.ts";
import { type LossAndGradients, TapedGradients } from "../loss/gradients.ts";
import { type Loss, negativeLogLikelihood, PlannedLikelihood, type RowLogProb, rowLogProb } from "../loss/loss.ts";
import { evaluateLogProb, evaluateLoss } from "./averages.ts";
import { resolveMultipliers, type TrainOptions } from "./train-options.ts";

/** Inputs that determine the plan of a likelihood. */
export interface LikelihoodParts {
  readonly model: Module;
  /** Rows with the shapes of training rows. */
  readonly sample: Table;
  readonly batchSize: number;
  readonly threads: "auto" | number;
  readonly totalSteps: number;
}

/** A plan, and the batches that it is run for. */
export interface LikelihoodPlan {
  readonly plan: Plan;
  readonly settings: { readonly rows: number; readonly threads: "auto" | number; readonly steps: number };
}

/** The plan of the log-density of rows that a fit trains; undefined for a model that only tensors can compute. */
export function likelihoodPlan(parts: LikelihoodParts): LikelihoodPlan | undefined {
  const { batchSize, model, threads, totalSteps, sample } = parts;
  if (!isDistribution(model) && !isConditionalDistribution(model)) return undefined;
  const { plan } = planLogProb(model, sizeOf(eventShapeOf(sample.x)));
  return plan && { plan, settings: { rows: batchSize, threads, steps: totalSteps } };
}

/** Inputs that determine the loss of a fit. */
export interface FitLossParts<M extends Module> {
  readonly model: M;
  readonly trained: ParameterTree;
  /** Rows with the shapes of training rows. */
  readonly sample: Table;
  readonly validation: Table | undefined;
  readonly options: Pick<TrainOptions<M>, "key" | "loss" | "signal">;
  readonly batchSize: number;
  readonly threads: "auto" | number;
  readonly totalSteps: number;
}

/** The loss of a fit: of a batch with its gradients, by a plan or on the tape, and of the validation rows. */
export class FitLoss<M extends Module> {
  private readonly parts: FitLossParts<M>;
  private readonly loss: Loss<M>;
  /** Absent for a loss of the user. */
  private readonly logProb: RowLogProb | undefined;
  /** Absent for a loss of the user and for a model that only tensors can compute. */
  private readonly planned: PlannedLikelihood | undefined;
  private readonly taped: TapedGradients;
  /** Key of the randomness in the model during training. */
  private readonly randomness: Key;

  constructor(parts: FitLossParts<M>) {
    this.parts = parts;
    const { model, options, sample, trained, validation } = parts;
    if (options.loss === undefined) {
      this.logProb = rowLogProb(model, validation === undefined ? [sample] : [sample, validation], "train");
      this.loss = negativeLogLikelihood(this.logProb);
      this.planned = planLikelihood(parts);
    } else {
      this.loss = options.loss;
    }
    this.taped = new TapedGradients(trained);
    this.randomness = options.key.fold("dropout");
  }

  /** Makes {@link at} ready for the running backend; a promise where threads have to start. */
  prepare(): Promise<void> | undefined {
    return this.planned?.prepare();
  }

  /** The mean loss of some training rows and its gradients, which belong to the caller's tidy. */
  at(batch: StepRows, step: number): LossAndGradients {
    const key = this.randomness.fold(step);
    return withTraining(this.parts.model, key, () => this.planned?.at(batch) ?? this.onTape(batch, step));
  }

  /** The mean loss of some training rows, without gradients. */
  value({ table, rows }: StepRows, step: number): number {
    const { model } = this.parts;
    return tf.tidy(() => this.loss(model, makeBatch(table, rows), this.lossKey(step)).dataSync()[0] as number);
  }

  /** The validation loss; undefined without validation rows or when the signal came. */
  async validationLoss(slice: TimeSlice): Promise<number | undefined> {
    const { model, options, validation } = this.parts;
    if (validation === undefined) return undefined;
    const chunks =
      this.logProb === undefined
        ? evaluateLoss(this.loss, model, validation, options.key.fold("validation"))
        : evaluateLogProb(this.logProb, validation);
    for (;;) {
      if (options.signal?.aborted) return undefined;
      const next = chunks.next();
      if (next.done) return next.value;
      await slice.breathe();
    }
  }

  dispose(): void {
    this.planned?.dispose();
    this.taped.dispose();
  }

  private onTape({ table, rows }: StepRows, step: number): LossAndGradients {
    const { model } = this.parts;
    const batch = makeBatch(table, rows);
    const { logProb } = this;
    if (logProb !== undefined) {
      return this.taped.ofLikelihood(() => logProb(batch), rows.length, batch.weights?.dataSync());
    }
    const key = this.lossKey(step);
    return this.taped.of(() => this.loss(model, batch, key));
  }

  private lossKey(step: number): Key {
    return this.parts.options.key.fold("loss").fold(step);
  }
}

function planLikelihood<M extends Module>(parts: FitLossParts<M>): PlannedLikelihood | undefined {
  const planned = likelihoodPlan(parts);
  return planned && new PlannedLikelihood(planned.plan, parts.trained, planned.settings);
}

/** Parameters of a model in a fit. */
export interface FitParameters {
  readonly all: ParameterTree;
  /** Trainable parameters: neither frozen nor at learning rate 0. */
  readonly changing: ParameterTree;
  /** Trained parameters. */
  readonly trained: ParameterTree;
  /** Learning rate factor of each of these; undefined if all are 1. */
  readonly multipliers: ReadonlyMap<string, number> | undefined;
}

/**
 * Selects the trained parameters.
 *
 * @throws {OptionError} a rate out of range, or no parameter to train.
 */
export function fitParameters<M extends Module>(
  model: M,
  {
    freeze = () => false,
    learningRateMultipliers: multiplierOf = () => 1,
  }: Pick<TrainOptions<M>, "freeze" | "learningRateMultipliers">,
): FitParameters {
  const all = model.parameters();
  const free = filterTree(all, (path) => !freeze(path));
  const multipliers = resolveMultipliers(
    multiplierOf,
    filterTree(free, (_path, { trainable }) => trainable),
  );
  const changing = filterTree(free, (path) => multipliers.get(path) !== 0);
  const trained = filterTree(changing, (_path, { trainable }) => trainable);
  if (trained.size === 0) {
    throw new OptionError("train: expected a parameter to train, got a model where all are frozen or not trainable.");
  }
  const isEven = Array.from(trained.keys()).every((path) => multipliers.get(path) === 1);
  return { all, changing, trained, multipliers: isEven ? undefined : multipliers };
}

function filterTree(tree: ParameterTree, keep: (path: string, parameter: Parameter) => boolean): ParameterTree {
  return new Map(Array.from(tree).filter(([path, parameter]) => keep(path, parameter)));
}
