/// <reference lib="esnext.disposable" preserve="true" />
import type { Classifier } from "@pushforward/conditioners/extend";
import { DisposedError, type Key, OptionError, type RowsLike, ShapeError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue, readRows, requireBackend } from "@pushforward/core/extend";
import type { HostRows } from "@pushforward/core/plain";
import {
  type ClassifierOptions,
  checkClassifierOptions,
  probabilitiesOf,
  type Standardization,
  standardizationOf,
  standardized,
  trainClassifier,
} from "./c2st.ts";
import { checkCount } from "./check-options.ts";
import { stackRows } from "./posterior-predictive.ts";
import { readColumn } from "./read-column.ts";

/** Training data of {@link localC2st}, row by row. */
export interface LocalC2stData {
  /** Parameters from the prior, `[n, d]`; or, for a flow, their base points `T⁻¹(θ; x)`. */
  readonly parameters: RowsLike;
  /** Their simulated data, `[n, m]`. */
  readonly observations: RowsLike;
  /**
   * One draw of the estimator at each observation, `[n, d]`. For a normalizing flow, it may be a draw of its base
   * instead.
   */
  readonly estimates: RowsLike;
}

/** Options of {@link localC2st}. */
export interface LocalC2stOptions extends ClassifierOptions {
  /** Trains, and draws the null. */
  readonly key: Key;
  /** Classifiers of the null hypothesis: 100. The smallest p-value is 1 over one more. */
  readonly permutations?: number | undefined;
  /**
   * How the data of the null are made. `permutation`: the parameter and the estimate of an observation change places by
   * chance, which is exact, because both have one distribution if the estimator is right. `normal`: both are standard
   * normal, for data on the base space of a flow (L-C2ST-NF); it does not depend on the estimator.
   */
  readonly null?: "permutation" | "normal" | undefined;
}

/** Result of {@link LocalC2st.test}. */
export interface LocalC2stResult {
  /** `mean (p(θ, x) − ½)²` over draws of the estimator; from 0, none found, to ¼. */
  readonly statistic: number;
  /** `(1 + #{null ≥ statistic})/(1 + permutations)`. */
  readonly pValue: number;
  /** The statistic by the classifiers of the null. */
  readonly nullStatistics: Float64Array;
  /** Probabilities of the draws to be of the joint distribution rather than the estimator's; ½ where both agree. */
  readonly probabilities: Float64Array;
  /** The same by each classifier of the null. */
  readonly nullProbabilities: readonly Float64Array[];
}

// Stopped by their training loss, classifiers overfit, and the null hides what there is: with 600 pairs
// its statistics were ten times larger, and nothing was rejected.
const STOP = { by: "validation", patience: 20, share: 0.1 } as const;

/**
 * Trains a local classifier two-sample test (L-C2ST; Linhart, Gramfort, Rodrigues 2023, arXiv:2306.03580): one
 * classifier of joint pairs (θ, x) and pairs (estimate at x, x), and several under the null hypothesis. The result can
 * test the estimator at any observation: {@link LocalC2st.test}. Each classifier keeps the weights that are best on a
 * tenth of its rows. An uninformative classifier stays at ½, with the statistic 0.
 *
 * @param data pairs that were not used to train the estimator.
 * @returns the test, to be disposed of.
 * @throws {ShapeError} the shapes do not fit. @throws {DataError} a number is not finite, or the data has no rows.
 * @throws {OptionError} the key is missing, the data has fewer than 20 rows, or an option is out of range.
 * @throws the abort reason of `signal`.
 * @example
 * const estimates = posterior.given(observations).sample(createKey(1));
 * using local = await localC2st({ parameters: truths, observations, estimates }, { key: createKey(0), permutations: 20 });
 * const { pValue } = local.test(observation, posterior.given(observation).sample(createKey(2), [1000]));
 */
export async function localC2st(data: LocalC2stData, options: LocalC2stOptions): Promise<LocalC2st> {
  checkOptions("localC2st", options, {
    hidden: true,
    maxEpochs: true,
    batchSize: true,
    learningRate: true,
    signal: true,
    onProgress: true,
    key: true,
    permutations: true,
    null: true,
  });
  const where = "localC2st";
  requireBackend(where);
  checkKey(where, options);
  checkClassifierOptions(where, options);
  const permutations = checkCount(where, "permutations", options.permutations ?? 100);
  const { key, null: kind = "permutation" } = options;
  if (kind !== "permutation" && kind !== "normal") {
    throw new OptionError(`${where}: expected null of "permutation" or "normal", got ${JSON.stringify(kind)}.`);
  }
  const parameters = readRows(data.parameters, where, "parameters");
  const observations = readRows(data.observations, where, "observations");
  const estimates = readRows(data.estimates, where, "estimates");
  const { rows, columns } = parameters;
  if (observations.rows !== rows) {
    throw new ShapeError(`${where}: expected ${rows} rows of observations, got ${observations.rows}.`);
  }
  if (estimates.rows !== rows || estimates.columns !== columns) {
    throw new ShapeError(
      `${where}: expected estimates of shape [${rows}, ${columns}], got [${estimates.rows}, ${estimates.columns}].`,
    );
  }
  if (rows < 20) throw new OptionError(`${where}: expected at least 20 rows, got ${describeValue(rows)}.`);
  const scales = {
    parameters: standardizationOf(stackRows(parameters, estimates)),
    observations: standardizationOf(observations),
  };
  const x = standardized(observations, scales.observations);
  const [truth, estimate] = [parameters, estimates].map((one) => standardized(one, scales.parameters)) as [
    HostRows,
    HostRows,
  ];
  const labels = Float64Array.from({ length: 2 * rows }, (_, i) => (i < rows ? 1 : 0));
  const classifiers: Classifier[] = [];
  const learn = async (ones: HostRows, zeros: HostRows, at: number): Promise<void> => {
    const features = stackRows(beside(ones, x), beside(zeros, x));
    classifiers.push(await trainClassifier(features, labels, key.fold(at), options, STOP));
    options.onProgress?.({ done: at + 1, total: permutations + 1 });
  };
  try {
    await learn(truth, estimate, 0);
    for (let b = 1; b <= permutations; b++) {
      const draw = key.fold("null").fold(b);
      if (kind === "normal") {
        const [one, other] = draw.split();
        const normal = (from: Key): HostRows =>
          standardized({ rows, columns, data: Float64Array.from(from.normal(rows * columns)) }, scales.parameters);
        await learn(normal(one), normal(other), b);
      } else {
        const coins = draw.uniform(rows);
        await learn(mixed(truth, estimate, coins), mixed(estimate, truth, coins), b);
      }
    }
  } catch (error) {
    for (const classifier of classifiers) classifier.dispose();
    throw error;
  }
  return new LocalC2st(classifiers, scales);
}

/** A trained local classifier two-sample test; see {@link localC2st}. It owns its classifiers. */
export class LocalC2st implements Disposable {
  private readonly classifiers: readonly Classifier[];
  private readonly scales: { readonly parameters: Standardization; readonly observations: Standardization };
  private isDisposed = false;

  /** Created by {@link localC2st}: the first classifier is for the data, the remaining ones for the null. */
  constructor(
    classifiers: readonly Classifier[],
    scales: { readonly parameters: Standardization; readonly observations: Standardization },
  ) {
    this.classifiers = classifiers;
    this.scales = scales;
  }

  /**
   * Tests the estimator at one observation: `H₀: q(θ | x) = p(θ | x)` there.
   *
   * @param observation `[m]`.
   * @param draws of the estimator at it, or of the base of a flow, `[k, d]`.
   * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no draws.
   * @throws {DisposedError} after `dispose()`.
   */
  test(observation: RowsLike, draws: RowsLike): LocalC2stResult {
    const where = "LocalC2st.test";
    if (this.isDisposed) throw new DisposedError(`${where}: expected a live test, got one that has been disposed.`);
    const { parameters, observations } = this.scales;
    const x = readColumn(observation, where, "observation", observations.mean.length);
    const theta = readRows(draws, where, "draws");
    if (theta.columns !== parameters.mean.length) {
      throw new ShapeError(`${where}: expected draws with ${parameters.mean.length} columns, got ${theta.columns}.`);
    }
    const context = standardized({ rows: 1, columns: x.length, data: x }, observations);
    const features = beside(standardized(theta, parameters), context);
    const [probabilities, ...nullProbabilities] = this.classifiers.map((one) => probabilitiesOf(one, features)) as [
      Float64Array,
      ...Float64Array[],
    ];
    const statistic = deviation(probabilities);
    const nullStatistics = Float64Array.from(nullProbabilities, deviation);
    const above = nullStatistics.filter((value) => value >= statistic).length;
    const pValue = (1 + above) / (1 + nullStatistics.length);
    return { statistic, pValue, nullStatistics, probabilities, nullProbabilities };
  }

  dispose(): void {
    this.isDisposed = true;
    for (const classifier of this.classifiers) classifier.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function deviation(probabilities: Float64Array): number {
  return probabilities.reduce((sum, p) => sum + (p - 0.5) ** 2, 0) / probabilities.length;
}

/** Concatenates the rows of two tables; a single row is broadcast. */
function beside(a: HostRows, b: HostRows): HostRows {
  const columns = a.columns + b.columns;
  const data = new Float64Array(a.rows * columns);
  for (let i = 0; i < a.rows; i++) {
    data.set(a.data.subarray(i * a.columns, (i + 1) * a.columns), i * columns);
    const from = (b.rows === 1 ? 0 : i) * b.columns;
    data.set(b.data.subarray(from, from + b.columns), i * columns + a.columns);
  }
  return { rows: a.rows, columns, data };
}

/** Draws each row from the first or the second table at random. */
function mixed(a: HostRows, b: HostRows, coins: Float32Array): HostRows {
  const { columns } = a;
  return { ...a, data: a.data.map((value, i) => (coinOf(coins, i, columns) ? value : (b.data[i] as number))) };
}

function coinOf(coins: Float32Array, i: number, columns: number): boolean {
  return (coins[Math.floor(i / columns)] as number) < 0.5;
}
