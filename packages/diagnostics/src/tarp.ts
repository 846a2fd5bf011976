import { type Key, type RowsLike, ShapeError } from "@pushforward/core";
import { checkKey, checkOptions, readRows } from "@pushforward/core/extend";
import type { HostRows } from "@pushforward/core/plain";
import { quantile } from "@pushforward/core/plain";
import { checkCount } from "./check-options.ts";
import {
  type CoverageCurve,
  type CoverageOptions,
  countUpTo,
  coverageCurve,
  RandomRanks,
} from "./expected-coverage.ts";
import { type DrawsLike, readCalibration } from "./posterior-predictive.ts";

/** Options of {@link tarp}. */
export interface TarpOptions extends CoverageOptions {
  /** Draws the references and the bootstrap, and breaks ties. */
  readonly key: Key;
  /**
   * Centers of the regions, `[n, d]` in the units of the parameters. Default: uniform over the box of the truths. The test
   * sees every error only where references depend on the observation; a summary of the data of the right size will do.
   */
  readonly references?: RowsLike | undefined;
  /** Resampled sets of runs behind `bootstrap`: 100. With 0 there are none. */
  readonly resamples?: number | undefined;
}

/** Result of {@link tarp}. */
export interface TarpReport extends CoverageCurve {
  /** Where the coverage of resampled runs lies at each level, with the share `bandLevel`; empty without resamples. */
  readonly bootstrap: { readonly low: readonly number[]; readonly high: readonly number[] };
}

/**
 * Tests of accuracy with random points (TARP; Lemos et al. 2023, arXiv:2302.03026): the share of draws that are nearer to a
 * random reference point than the truth is, `f = #{l : |θ⁽ˡ⁾ − r| < |θ* − r|}/draws`, is uniform when the posterior is
 * right, and the coverage of balls around the references is then their credibility. Needs draws only, no densities.
 * Distances are Euclidean after scaling each parameter to the range of its truths.
 *
 * @param truths the parameters that made the observations, `[n, d]`.
 * @param draws of the posterior at each observation, `[n, draws, d]`.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} a number that is not finite, no rows.
 * @throws {OptionError} no key, levels or resamples out of range.
 * @example
 * const { levels, coverage, bootstrap, pValue } = tarp(truths, draws, { key: createKey(0) });
 */
export function tarp(truths: RowsLike, draws: DrawsLike, options: TarpOptions): TarpReport {
  checkOptions("tarp", options, { levels: true, bandLevel: true, key: true, references: true, resamples: true });
  const where = "tarp";
  checkKey(where, options);
  const { truth, runs, draws: count, columns, data } = readCalibration(truths, draws, where);
  const resamples = checkCount(where, "resamples", options.resamples ?? 100, 0);
  const [low, scale] = boxOf(truth);
  const references = referencesOf(options, truth, low, scale);
  const random = new RandomRanks(options.key.fold("ties"), runs);
  const values = new Float64Array(runs);
  for (let i = 0; i < runs; i++) {
    const to = (of: Float64Array, at: number): number => {
      let sum = 0;
      for (let j = 0; j < columns; j++) {
        sum += (((of[at + j] as number) - (references[i * columns + j] as number)) / (scale[j] as number)) ** 2;
      }
      return sum;
    };
    const own = to(truth.data, i * columns);
    let [below, equal] = [0, 0];
    for (let l = 0; l < count; l++) {
      const distance = to(data, (i * count + l) * columns);
      if (distance < own) below++;
      else if (distance === own) equal++;
    }
    values[i] = random.next(below, equal, count).level;
  }
  const curve = coverageCurve(values, options, where);
  return { ...curve, bootstrap: bootstrapBand(values, curve.levels, resamples, options) };
}

function boxOf({ rows, columns, data }: HostRows): [low: Float64Array, scale: Float64Array] {
  const low = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < rows * columns; i++) {
    const j = i % columns;
    low[j] = Math.min(low[j] as number, data[i] as number);
    high[j] = Math.max(high[j] as number, data[i] as number);
  }
  // A parameter that never varies is as near to every reference as it may be.
  return [low, high.map((value, j) => value - (low[j] as number) || 1)];
}

function referencesOf(options: TarpOptions, truth: HostRows, low: Float64Array, scale: Float64Array): Float64Array {
  const { rows, columns } = truth;
  if (options.references !== undefined) {
    const given = readRows(options.references, "tarp", "references");
    if (given.rows === rows && given.columns === columns) return given.data;
    throw new ShapeError(
      `tarp: expected references of shape [${rows}, ${columns}], got [${given.rows}, ${given.columns}].`,
    );
  }
  const uniforms = options.key.fold("references").uniform(rows * columns);
  return Float64Array.from(uniforms, (u, i) => (low[i % columns] as number) + u * (scale[i % columns] as number));
}

function bootstrapBand(
  values: Float64Array,
  levels: readonly number[],
  resamples: number,
  options: TarpOptions,
): TarpReport["bootstrap"] {
  if (resamples === 0) return { low: [], high: [] };
  const n = values.length;
  const curves = levels.map(() => new Float64Array(resamples));
  const key = options.key.fold("bootstrap");
  for (let b = 0; b < resamples; b++) {
    const uniforms = key.fold(b).uniform(n);
    const sorted = Float64Array.from(uniforms, (u) => values[Math.floor(u * n)] as number).sort();
    for (const [k, level] of levels.entries()) (curves[k] as Float64Array)[b] = countUpTo(sorted, level) / n;
  }
  const tail = (1 - (options.bandLevel ?? 0.99)) / 2;
  for (const curve of curves) curve.sort();
  return {
    low: curves.map((curve) => quantile(curve, tail)),
    high: curves.map((curve) => quantile(curve, 1 - tail)),
  };
}
