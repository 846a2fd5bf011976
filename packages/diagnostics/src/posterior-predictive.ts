import { type ConditionalDistribution, type Key, type NdArray, type RowsLike, ShapeError } from "@pushforward/core";
import {
  checkKey,
  checkOptions,
  formatShape,
  type NumberRow,
  type ReadRowsOptions,
  readEvents,
  readRows,
  requireBackend,
} from "@pushforward/core/extend";
import { type HostRows, quantile, sizeOf, TimeSlice } from "@pushforward/core/plain";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkCount, checkShare } from "./check-options.ts";
import { columnOf, readColumn } from "./read-column.ts";

/** Position of an observed statistic among simulated statistics. */
export interface PredictiveStatistic {
  readonly observed: number;
  readonly mean: number;
  readonly deviation: number;
  /** Bounds of the central interval, and the median. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
  /** `2·min(P(simulated ≤ observed), P(simulated ≥ observed))`, each `(1 + count)/(1 + n)`, at most 1. */
  readonly pValue: number;
}

/** Result of {@link posteriorPredictive}. */
export interface PredictiveReport {
  /** By column. */
  readonly statistics: readonly PredictiveStatistic[];
  /** The smallest p-value times the number of statistics, at most 1. */
  readonly pValue: number;
}

/**
 * Posterior predictive check (Rubin 1984; Gelman, Meng, Stern 1996): compares data simulated with posterior draws to the
 * observation. A small p-value means that the posterior, or the simulator, does not explain the statistic. A large one is
 * weaker evidence than calibration, because the posterior was fitted to the observation.
 *
 * @param simulated data or summary statistics, a row for each draw of the posterior, `[n, m]`.
 * @param observed the same of the observation, `[m]`.
 * @param options `level`: mass of the central intervals, 0.9.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} level out of range.
 * @example
 * const simulated = [[9, 2], [11, 3], [10, 4], [12, 3]]; // two summary statistics of four simulations
 * const { statistics, pValue } = posteriorPredictive(simulated, [10, 3]);
 * pValue; // → 1
 */
export function posteriorPredictive(
  simulated: RowsLike,
  observed: RowsLike,
  options: { readonly level?: number | undefined } = {},
): PredictiveReport {
  const where = "posteriorPredictive";
  const tail = (1 - checkShare(where, "level", options.level ?? 0.9)) / 2;
  const table = readRows(simulated, where, "simulated");
  const values = readColumn(observed, where, "observed", table.columns);
  const statistics = Array.from(values, (value, j): PredictiveStatistic => {
    const sorted = columnOf(table, j).sort();
    const n = sorted.length;
    const mean = sorted.reduce((sum, one) => sum + one, 0) / n;
    const squares = sorted.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    const [below, above] = [sorted.filter((one) => one <= value).length, sorted.filter((one) => one >= value).length];
    return {
      observed: value,
      mean,
      deviation: Math.sqrt(squares / Math.max(1, n - 1)),
      low: quantile(sorted, tail),
      median: quantile(sorted, 0.5),
      high: quantile(sorted, 1 - tail),
      pValue: Math.min(1, (2 * (1 + Math.min(below, above))) / (1 + n)),
    };
  });
  return {
    statistics,
    pValue: Math.min(1, statistics.length * Math.min(...statistics.map(({ pValue }) => pValue))),
  };
}

/** Options of {@link posteriorDraws}. */
export interface PosteriorDrawsOptions {
  readonly key: Key;
  /** Samples per posterior. Default: 100. */
  readonly draws?: number | undefined;
  /** Stops between two parts, with the error of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each part with the number of completed observations. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** Common options of calibration tests. */
export interface PosteriorDraws {
  /** `[n, draws, d]`. */
  readonly draws: NdArray;
  /** Log-densities of the draws, `[n, draws]`. */
  readonly drawsLogProb: NdArray;
  /** Log-densities of the truths, `[n]`. */
  readonly truthLogProb: Float64Array;
}

/** Numbers that are drawn at once. */
const PART = 100_000;

/**
 * Draws from the posterior at several observations, with log-densities of draws and truths, for calibration, coverage
 * and TARP. The same key and observations produce the same draws.
 *
 * @param posterior a conditional distribution of one-dimensional events, for instance a trained conditional flow.
 * @param truths the parameters that made the observations, `[n, d]`.
 * @param observations `[n, m]`.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} no key, draws out of range. @throws the abort reason of `signal`.
 * @example
 * const { draws, truthLogProb, drawsLogProb } = await posteriorDraws(posterior, truths, observations, { key });
 * const { pValue } = simulationBasedCalibration(truths, draws, { key });
 */
export async function posteriorDraws(
  posterior: ConditionalDistribution,
  truths: RowsLike,
  observations: RowsLike,
  options: PosteriorDrawsOptions,
): Promise<PosteriorDraws> {
  checkOptions("posteriorDraws", options, { key: true, draws: true, signal: true, onProgress: true });
  const where = "posteriorDraws";
  requireBackend(where);
  checkKey(where, options);
  const truth = readRows(truths, where, "truths");
  const given = readRows(observations, where, "observations");
  const count = checkCount(where, "draws", options.draws ?? 100);
  const { rows: n, columns } = truth;
  if (given.rows !== n || given.columns !== sizeOf(posterior.contextShape)) {
    throw new ShapeError(
      `${where}: expected observations of shape [${n}, ${sizeOf(posterior.contextShape)}], got [${given.rows}, ${given.columns}].`,
    );
  }
  const draws = new Float32Array(n * count * columns);
  const drawsLogProb = new Float32Array(n * count);
  const truthLogProb = new Float64Array(n);
  const slice = new TimeSlice();
  const rowsAtOnce = Math.max(1, Math.floor(PART / (count * columns)));
  for (let from = 0; from < n; from += rowsAtOnce) {
    options.signal?.throwIfAborted();
    const rows = Math.min(rowsAtOnce, n - from);
    tf.tidy(() => {
      const part = given.data.subarray(from * given.columns, (from + rows) * given.columns);
      const context = tf.tensor(Float32Array.from(part), [rows, ...posterior.contextShape]);
      const p = posterior.given(context);
      if (p.eventShape.length !== 1 || p.eventShape[0] !== columns) {
        throw new ShapeError(`${where}: expected truths with ${sizeOf(p.eventShape)} columns, got ${columns}.`);
      }
      const [sample, logProb] = p.sampleAndLogProb(options.key.fold(from), [count]);
      draws.set(tf.transpose(sample, [1, 0, 2]).dataSync(), from * count * columns);
      drawsLogProb.set(tf.transpose(logProb).dataSync(), from * count);
      const own = truth.data.subarray(from * columns, (from + rows) * columns);
      truthLogProb.set(p.logProb(tf.tensor(Float32Array.from(own), [rows, columns])).dataSync(), from);
    });
    options.onProgress?.({ done: from + rows, total: n });
    await slice.breathe();
  }
  return {
    draws: { shape: [n, count, columns], data: draws },
    drawsLogProb: { shape: [n, count], data: drawsLogProb },
    truthLogProb,
  };
}

/** Draws `[n, draws, d]`, or `[n, draws]` for one column: `draws` for each of `n` observations. */
export type DrawsLike = NdArray | Tensor | readonly NumberRow[] | readonly (readonly NumberRow[])[];

/** Checked draws in float64, row-major. */
export interface HostDraws {
  readonly runs: number;
  readonly draws: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Reads and copies `[n, draws, d]` or `[n, draws]`. */
export function readDraws(value: DrawsLike, where: string, name: string, options: ReadRowsOptions = {}): HostDraws {
  const { shape, data } = readEvents(value, where, name, options);
  const [runs, draws, columns = 1] = shape;
  if (runs === undefined || draws === undefined || shape.length > 3) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, draws, d], got ${formatShape(shape)}.`);
  }
  return { runs, draws, columns, data: Float64Array.from(data) };
}

/** Checked draws with the truths of their runs. */
export interface HostCalibration extends HostDraws {
  readonly truth: HostRows;
}

/** Reads truths `[n, d]` and their draws `[n, draws, d]`. */
export function readCalibration(truths: RowsLike, draws: DrawsLike, where: string): HostCalibration {
  const truth = readRows(truths, where, "truths");
  const read = readDraws(draws, where, "draws");
  const { runs, draws: count, columns } = read;
  if (runs !== truth.rows || columns !== truth.columns) {
    throw new ShapeError(
      `${where}: expected draws of shape [${truth.rows}, draws, ${truth.columns}], got [${runs}, ${count}, ${columns}].`,
    );
  }
  return { ...read, truth };
}

/** Stacks two tables vertically. */
export function stackRows(a: HostRows, b: HostRows): HostRows {
  const data = new Float64Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { rows: a.rows + b.rows, columns: a.columns, data };
}
