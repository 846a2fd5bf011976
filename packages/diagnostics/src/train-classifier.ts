import { Mlp } from "@pushforward/conditioners";
import { Classifier } from "@pushforward/conditioners/extend";
import { type Key, OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import type { HostRows } from "@pushforward/core/plain";
import { adam, type TrainOptions, trainEvents } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { checkCount, checkShare } from "./check-options.ts";

/** The network of a test and how it is trained. */
export interface ClassifierOptions {
  /** Widths of its hidden layers, with relu: two of ten times the number of features. */
  readonly hidden?: readonly number[] | undefined;
  /** Maximum number of epochs. Default: 1,000. */
  readonly epochs?: number | undefined;
  /** Batch size. Default: 200. */
  readonly batchSize?: number | undefined;
  /** Of Adam: 1e-3. */
  readonly learningRate?: number | undefined;
  /** Ends between two steps, by an error of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each classifier that is trained. */
  readonly onProgress?: ((progress: TestProgress) => void) | undefined;
}

/** How far a test is. */
export interface TestProgress {
  /** Classifiers trained so far. */
  readonly done: number;
  readonly total: number;
}

/** When a training ends before its last epoch. */
export type ClassifierStop =
  /** The training loss has not fallen by `tolerance` below its best for so many epochs. */
  | { readonly by: "training"; readonly patience: number; readonly tolerance: number }
  /** The loss of held-out rows has not fallen for so many epochs; the best weights are kept. */
  | { readonly by: "validation"; readonly patience: number; readonly share: number };

/** Checks options before anything is trained. */
export function checkClassifierOptions(where: string, options: ClassifierOptions): void {
  for (const width of options.hidden ?? []) checkCount(where, "each width in hidden", width);
  checkCount(where, "epochs", options.epochs ?? 1);
  checkCount(where, "batchSize", options.batchSize ?? 1);
  const { learningRate = 1e-3 } = options;
  if (!(learningRate > 0 && learningRate < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`${where}: expected a learningRate above 0, got ${describeValue(learningRate)}.`);
  }
}

/** Learns to tell rows of label 1 from rows of label 0. The classifier belongs to the caller. */
export async function trainClassifier(
  features: HostRows,
  labels: Float64Array,
  key: Key,
  options: ClassifierOptions,
  stop: ClassifierStop,
): Promise<Classifier> {
  const { columns, rows, data } = features;
  const hidden = options.hidden ?? [10 * columns, 10 * columns];
  const network = new Mlp({ inputSize: columns, outputSize: 1, hidden, key: key.fold("network") });
  const classifier = new Classifier(network);
  const { batchSize = 200, learningRate = 1e-3, epochs = 1000, signal } = options;
  const settings: TrainOptions<Classifier> = {
    key: key.fold("fit"),
    optimizer: adam(),
    learningRate,
    epochs,
    batchSize: Math.min(batchSize, rows),
    clipNorm: 0,
    threads: 1,
    ...(signal === undefined ? {} : { signal }),
    ...(stop.by === "validation"
      ? { validation: checkShare("train", "validation", stop.share), patience: stop.patience, minImprovement: 0 }
      : { validation: 0 }),
  };
  const set = { x: { shape: [rows, 1], data: labels }, context: { shape: [rows, columns], data } };
  try {
    let [best, stalled] = [Number.POSITIVE_INFINITY, 0];
    for await (const event of trainEvents(classifier, set, settings)) {
      if (event.type !== "epoch" || stop.by !== "training") continue;
      stalled = event.trainLoss > best - stop.tolerance ? stalled + 1 : 0;
      best = Math.min(best, event.trainLoss);
      if (stalled > stop.patience) break;
    }
    signal?.throwIfAborted();
    return classifier;
  } catch (error) {
    classifier.dispose();
    throw error;
  }
}

/** Probabilities of label 1. */
export function probabilitiesOf(classifier: Classifier, { rows, columns, data }: HostRows): Float64Array {
  const logits = tf.tidy(
    () => classifier.logits(tf.tensor2d(Float32Array.from(data), [rows, columns])).dataSync() as Float32Array,
  );
  return Float64Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
}
