import * as tf from "@tensorflow/tfjs-core";
import {
  type Distribution,
  type Key,
  type Loss,
  type Module,
  type TrainEvent,
  type TrainingData,
  trainEvents,
} from "pushforward";
import { isDistribution } from "pushforward/extend";
import { processorSeconds } from "./measures.ts";

/** Options of {@link trainAsOriginal}. */
export interface OriginalLoopOptions {
  readonly key: Key;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** Holds out 30 % of the rows and stops after 20 epochs without any improvement. */
  readonly validation?: boolean;
  /** The sum over the rows of a batch in place of the mean, as in the project's own flow. */
  readonly sum?: boolean;
}

/** Return values and printed results of the original loop. */
export interface OriginalLoopResult {
  /** Lowest validation loss of any epoch; NaN without validation. The weights of that epoch are not kept. */
  readonly validation: number;
  /** Index of the last epoch, from 0. */
  readonly lastEpoch: number;
  readonly improvements: number;
  /** Of processor time. */
  readonly seconds: number;
}

/**
 * The training loop of the original project: batches in the same order in every epoch, Adam at one rate, no clipping, the
 * last weights. (Where the number of rows is no multiple of the batch, our batches differ in size by at most one; there
 * the last one is short.)
 */
export async function trainAsOriginal<M extends Module>(
  model: M,
  data: TrainingData,
  { key, epochs, batchSize, learningRate, validation = false, sum = false }: OriginalLoopOptions,
): Promise<OriginalLoopResult> {
  const events: AsyncGenerator<TrainEvent> = trainEvents(model, data, {
    key,
    maxEpochs: epochs,
    batchSize,
    learningRate,
    shuffle: false,
    clipNorm: 0,
    restoreBest: false,
    validation: validation ? 0.3 : 0,
    threads: 1,
    ...(validation && { patience: 20, minImprovement: 0 }),
    ...(sum && { loss: summedLikelihood as Loss<M> }),
  });
  let improvements = 0;
  let result: OriginalLoopResult | undefined;
  for await (const event of events) {
    if (event.type === "epoch" && event.improved) improvements++;
    if (event.type === "stop") {
      const { bestValidationLoss = Number.NaN, epochs: done } = event;
      result = { validation: bestValidationLoss, lastEpoch: done - 1, improvements, seconds: processorSeconds(event) };
    }
  }
  return result as OriginalLoopResult;
}

/** `−Σ log p(xᵢ)`. Adam divides a gradient by its own size, so the sum only changes the relative size of its ε. */
function summedLikelihood(model: Module, batch: { readonly x: tf.Tensor }): tf.Tensor {
  if (!isDistribution(model)) throw new TypeError("summedLikelihood: expected a distribution without context.");
  return tf.neg(tf.sum((model as Distribution).logProb(batch.x)));
}
