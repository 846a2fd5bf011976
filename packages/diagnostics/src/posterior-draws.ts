import { type ConditionalDistribution, type Key, type NdArray, type RowsLike, ShapeError } from "@pushforward/core";
import { checkKey, checkOptions, readRows, requireBackend } from "@pushforward/core/extend";
import { sizeOf, TimeSlice } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { checkCount } from "./check-options.ts";

/** Options of {@link posteriorDraws}. */
export interface PosteriorDrawsOptions {
  readonly key: Key;
  /** Samples per posterior. Default: 100. */
  readonly draws?: number | undefined;
  /** Ends between two parts, by an error of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each part how many observations are done. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** What the tests of calibration take. */
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
 * Draws of a posterior at many observations, their log-densities and those of the truths: what calibration, coverage and
 * TARP compare. The same key and observations give the same draws.
 *
 * @param posterior a conditional distribution of one-dimensional events, for instance a trained conditional flow.
 * @param truths the parameters that made the observations, `[n, d]`.
 * @param observations `[n, m]`.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} no key, draws out of range. @throws what `signal` is aborted with.
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
