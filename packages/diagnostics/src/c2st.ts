import { Mlp } from "@pushforward/conditioners";
import { Classifier } from "@pushforward/conditioners/extend";
import { type Key, OptionError, type RowsLike, ShapeError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue, readRows, requireBackend } from "@pushforward/core/extend";
import { type HostRows, takeHostRows } from "@pushforward/core/plain";
import { normalTail } from "@pushforward/ops";
import { adam, type TrainOptions, trainEvents } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { checkCount, checkShare } from "./check-options.ts";
import { stackRows } from "./posterior-predictive.ts";

/** Mean and standard deviation of each column; a column that never varies has deviation 1. */
export interface Standardization {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Of the rows of a table, with n − 1. */
export function standardizationOf({ rows, columns, data }: HostRows): Standardization {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    let [sum, squares] = [0, 0];
    for (let i = j; i < data.length; i += columns) sum += data[i] as number;
    const center = sum / rows;
    for (let i = j; i < data.length; i += columns) squares += ((data[i] as number) - center) ** 2;
    mean[j] = center;
    deviation[j] = Math.sqrt(squares / Math.max(1, rows - 1)) || 1;
  }
  return { mean, deviation };
}

/** Rows less the means, over the deviations. */
export function standardized(table: HostRows, { mean, deviation }: Standardization): HostRows {
  const { columns, data } = table;
  return {
    ...table,
    data: data.map((value, i) => (value - (mean[i % columns] as number)) / (deviation[i % columns] as number)),
  };
}

/** The network of a test and how it is trained. */
export interface ClassifierOptions {
  /** Widths of its hidden layers, with relu: two of ten times the number of features. */
  readonly hidden?: readonly number[] | undefined;
  /** Maximum number of epochs. Default: 1,000. */
  readonly maxEpochs?: number | undefined;
  /** Batch size. Default: 200. */
  readonly batchSize?: number | undefined;
  /** Of Adam: 1e-3. */
  readonly learningRate?: number | undefined;
  /** Stops the test between two steps, with the error of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each trained classifier. */
  readonly onProgress?: ((progress: TestProgress) => void) | undefined;
}

/** Progress of a test. */
export interface TestProgress {
  /** Number of classifiers trained so far. */
  readonly done: number;
  readonly total: number;
}

/** Rule that stops a training before its last epoch. */
export type ClassifierStop =
  /** Epochs without a decrease of the training loss by `tolerance`. */
  | { readonly by: "training"; readonly patience: number; readonly tolerance: number }
  /** Epochs without a decrease of the validation loss; the best weights are kept. */
  | { readonly by: "validation"; readonly patience: number; readonly share: number };

/** Checks options before anything is trained. */
export function checkClassifierOptions(where: string, options: ClassifierOptions): void {
  for (const width of options.hidden ?? []) checkCount(where, "each width in hidden", width);
  checkCount(where, "maxEpochs", options.maxEpochs ?? 1);
  checkCount(where, "batchSize", options.batchSize ?? 1);
  const { learningRate = 1e-3 } = options;
  if (!(learningRate > 0 && learningRate < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`${where}: expected a learningRate above 0, got ${describeValue(learningRate)}.`);
  }
}

/** Trains a classifier that separates rows of label 1 from rows of label 0. The caller owns the classifier. */
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
  const { batchSize = 200, learningRate = 1e-3, maxEpochs: epochs = 1000, signal } = options;
  const settings: TrainOptions<Classifier> = {
    key: key.fold("fit"),
    optimizer: adam(),
    learningRate,
    maxEpochs: epochs,
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

/** Options of {@link c2st}. */
export interface C2stOptions extends ClassifierOptions {
  /** Deals the rows into folds, and trains. */
  readonly key: Key;
  /** Folds of the cross-validation. Default: 5. */
  readonly folds?: number | undefined;
  /** Standardize both with mean and deviation of the columns of `a`: true. */
  readonly zScore?: boolean | undefined;
}

/** Result of {@link c2st}. */
export interface C2stResult {
  /**
   * Share of held-out rows that are classified correctly, the mean of the folds: 0.5 for equal sets, 1 for disjoint
   * sets.
   */
  readonly accuracy: number;
  /** By fold. */
  readonly folds: readonly number[];
  /** P-value of the accuracy, if independent rows were classified by chance: N(½, 1/(4·rows)), one-sided. */
  readonly pValue: number;
  /** For each row of `a`, then of `b`, the probability that it is of `b`, by the classifier that has not seen it. */
  readonly probabilities: Float64Array;
}

// scikit-learn's: epochs without a fall of the training loss by the tolerance.
const STOP = { by: "training", patience: 10, tolerance: 1e-4 } as const;

/**
 * Classifier two-sample test (Lopez-Paz and Oquab 2017, arXiv:1610.06545): the cross-validated accuracy of a network
 * that learns to separate two sets of samples. The settings follow the benchmark of Lueckmann et al. 2021
 * (arXiv:2101.04653): 5 folds, standardized by the first set, two hidden layers of 10·d relu units, Adam, and a stop
 * after ten epochs without progress of the training loss.
 *
 * @param a samples `[n, d]`, the trusted set.
 * @param b samples `[m, d]` to compare, of similar size, because accuracy favors the larger set.
 * @throws {ShapeError} the sets have different columns. @throws {DataError} a number is not finite, or a set has no
 * rows.
 * @throws {OptionError} the key is missing, a set has fewer rows than folds, or an option is out of range.
 * @throws the abort reason of `signal`.
 * @example
 * const [a, b] = [0, 1].map((seed) => toyDataset("moons").sample(createKey(seed), 200));
 * if (a && b) {
 *   const { accuracy } = await c2st(a, b, { key: createKey(2) }); // near 0.5: no difference found
 * }
 */
export async function c2st(a: RowsLike, b: RowsLike, options: C2stOptions): Promise<C2stResult> {
  checkOptions("c2st", options, {
    hidden: true,
    maxEpochs: true,
    batchSize: true,
    learningRate: true,
    signal: true,
    onProgress: true,
    key: true,
    folds: true,
    zScore: true,
  });
  const where = "c2st";
  requireBackend(where);
  checkKey(where, options);
  checkClassifierOptions(where, options);
  const [first, second] = [readRows(a, where, "a"), readRows(b, where, "b")];
  if (first.columns !== second.columns) {
    throw new ShapeError(`${where}: expected b with ${first.columns} columns, as a has, got ${second.columns}.`);
  }
  const { key, zScore = true } = options;
  const folds = checkCount(where, "folds", options.folds ?? 5, 2);
  const all = zScore ? standardized(stackRows(first, second), standardizationOf(first)) : stackRows(first, second);
  if (all.rows < 2 * folds) {
    throw new OptionError(`${where}: expected at least ${2 * folds} rows for ${folds} folds, got ${all.rows}.`);
  }
  const order = key.fold("folds").permutation(all.rows);
  const labelOf = (row: number): number => (row < first.rows ? 0 : 1);
  const probabilities = new Float64Array(all.rows);
  const accuracies: number[] = [];
  for (let k = 0; k < folds; k++) {
    const [from, to] = [0, 1].map((i) => Math.floor(((k + i) * all.rows) / folds)) as [number, number];
    const held = order.subarray(from, to);
    const kept = order.filter((_, i) => i < from || i >= to);
    const found = await heldOut(all, kept, held, labelOf, key.fold(k), options);
    let right = 0;
    for (const [i, row] of held.entries()) {
      const probability = found[i] as number;
      probabilities[row] = probability;
      if (probability > 0.5 === (labelOf(row) === 1)) right++;
    }
    accuracies.push(right / held.length);
    options.onProgress?.({ done: k + 1, total: folds });
  }
  const accuracy = accuracies.reduce((sum, value) => sum + value, 0) / folds;
  return { accuracy, folds: accuracies, pValue: normalTail((accuracy - 0.5) * 2 * Math.sqrt(all.rows)), probabilities };
}

async function heldOut(
  all: HostRows,
  kept: Int32Array,
  held: Int32Array,
  labelOf: (row: number) => number,
  key: Key,
  options: C2stOptions,
): Promise<Float64Array> {
  using classifier = await trainClassifier(
    takeHostRows(all, kept),
    Float64Array.from(kept, labelOf),
    key,
    options,
    STOP,
  );
  return probabilitiesOf(classifier, takeHostRows(all, held));
}
