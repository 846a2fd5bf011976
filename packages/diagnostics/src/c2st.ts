import { type Key, OptionError, type RowsLike, ShapeError } from "@pushforward/core";
import { checkKey, checkOptions, readRows, requireBackend } from "@pushforward/core/extend";
import { type HostRows, takeHostRows } from "@pushforward/core/plain";
import { normalTail } from "@pushforward/ops";
import { checkCount } from "./check-options.ts";
import { stackRows } from "./stack-rows.ts";
import { standardizationOf, standardized } from "./standardization.ts";
import {
  type ClassifierOptions,
  checkClassifierOptions,
  probabilitiesOf,
  trainClassifier,
} from "./train-classifier.ts";

/** Options of {@link c2st}. */
export interface C2stOptions extends ClassifierOptions {
  /** Deals the rows into folds, and trains. */
  readonly key: Key;
  /** Folds of the cross-validation. Default: 5. */
  readonly folds?: number | undefined;
  /** Standardize both with mean and deviation of the columns of `a`: true. */
  readonly zScore?: boolean | undefined;
}

/** What {@link c2st} finds. */
export interface C2stResult {
  /** Share of held-out rows that the classifiers tell right, the mean of the folds: 0.5 for equal, 1 for disjoint sets. */
  readonly accuracy: number;
  /** By fold. */
  readonly folds: readonly number[];
  /** Of the accuracy, if it were that of independent rows told by chance: N(½, 1/(4·rows)), one-sided. */
  readonly pValue: number;
  /** For each row of `a`, then of `b`, the probability that it is of `b`, by the classifier that has not seen it. */
  readonly probabilities: Float64Array;
}

// scikit-learn's: epochs without a fall of the training loss by the tolerance.
const STOP = { by: "training", patience: 10, tolerance: 1e-4 } as const;

/**
 * Classifier two-sample test (Lopez-Paz and Oquab 2017, arXiv:1610.06545): the accuracy with which a network learns to
 * tell two sets of samples apart, by cross-validation. As in the benchmark of Lueckmann et al. 2021 (arXiv:2101.04653):
 * 5 folds, standardized by the first set, two hidden layers of 10·d relu units, Adam, and an end when the training loss
 * stays for ten epochs.
 *
 * @param a samples `[n, d]`, those to trust.
 * @param b samples `[m, d]` to compare; of about as many rows, because accuracy favors the larger set.
 * @throws {ShapeError} the sets have different columns. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} no key, fewer rows than folds, an option out of range.
 * @throws what `signal` is aborted with.
 * @example
 * const [a, b] = [0, 1].map((seed) => toyDataset("moons").sample(createKey(seed), 200));
 * if (a && b) {
 *   const { accuracy } = await c2st(a, b, { key: createKey(2) }); // near 0.5: no difference found
 * }
 */
export async function c2st(a: RowsLike, b: RowsLike, options: C2stOptions): Promise<C2stResult> {
  checkOptions("c2st", options, {
    hidden: true,
    epochs: true,
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
