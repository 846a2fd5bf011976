import type { Key, Module, ParameterTree } from "@pushforward/core";
import { withTraining } from "@pushforward/core/extend";
import type { TimeSlice } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { makeBatch } from "../data/batch.ts";
import type { Table } from "../data/training-data.ts";
import type { StepRows } from "../data/training-source.ts";
import { type LossAndGradients, TapedGradients } from "../loss/gradients.ts";
import { type Loss, negativeLogLikelihood, type RowLogProb, rowLogProb } from "../loss/loss.ts";
import { PlannedLikelihood } from "../loss/planned-likelihood.ts";
import { evaluateLogProb, evaluateLoss } from "./evaluate.ts";
import { likelihoodPlan } from "./likelihood-plan.ts";
import type { TrainOptions } from "./train-options.ts";

/** What the loss of a fit depends on. */
export interface FitLossParts<M extends Module> {
  readonly model: M;
  readonly trained: ParameterTree;
  /** Rows that show the shapes of those of the steps. */
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
  /** Of what is random in the model while it is trained. */
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
