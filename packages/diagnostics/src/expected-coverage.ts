import { type Key, OptionError, type RowsLike, ShapeError } from "@pushforward/core";
import { checkKey, checkOptions, type ReadRowsOptions } from "@pushforward/core/extend";
import { quantile } from "@pushforward/core/plain";
import { binomialBand, kolmogorovSmirnov } from "@pushforward/ops";
import { checkCount, checkShare } from "./check-options.ts";
import type { LocalC2stResult } from "./local-c2st.ts";
import { type DrawsLike, readDraws } from "./posterior-predictive.ts";
import { readColumn } from "./read-column.ts";

/** Options of a curve of coverage. */
export interface CoverageOptions {
  /** Credibility levels from 0 to 1: 0, 0.05, …, 1. */
  readonly levels?: readonly number[] | undefined;
  /** Share of calibrated curves that lie within the band at a given level. Default: 0.99. */
  readonly bandLevel?: number | undefined;
}

/** How often regions hold the truth. */
export interface CoverageCurve {
  /** Credibility levels of the regions. */
  readonly levels: readonly number[];
  /** The share of truths inside of the regions of each level: the level itself when calibrated, below it when too narrow. */
  readonly coverage: readonly number[];
  /** Where the coverage of a calibrated posterior lies at each level: quantiles of the binomial distribution. */
  readonly band: { readonly low: readonly number[]; readonly high: readonly number[] };
  /** Levels at which the coverage is outside of the band. */
  readonly outside: number;
  /** The mean of coverage − level over all levels, `½ − mean of values`: below 0 for too narrow, above for too wide. */
  readonly bias: number;
  /** Of the Kolmogorov–Smirnov test that the values are uniform, which looks at all levels at once. */
  readonly pValue: number;
  /** By run: the level of the smallest region that contains the truth, uniform on [0, 1] when calibrated. */
  readonly values: Float64Array;
}

/** The curve of the smallest levels at which regions hold the truth. */
export function coverageCurve(values: Float64Array, options: CoverageOptions, where: string): CoverageCurve {
  const { levels = Array.from({ length: 21 }, (_, i) => i / 20) } = options;
  const bandLevel = checkShare(where, "bandLevel", options.bandLevel ?? 0.99);
  if (levels.length === 0) throw new OptionError(`${where}: expected at least one level, got none.`);
  for (const level of levels) {
    if (!(level >= 0 && level <= 1)) throw new OptionError(`${where}: expected levels from 0 to 1, got ${level}.`);
  }
  const n = values.length;
  const sorted = Float64Array.from(values).sort();
  const coverage = levels.map((level) => countUpTo(sorted, level) / n);
  const bands = levels.map((level) => binomialBand(n, level, bandLevel).map((count) => count / n));
  const [low, high] = [0, 1].map((side) => bands.map((band) => band[side] as number)) as [number[], number[]];
  return {
    levels: [...levels],
    coverage,
    band: { low, high },
    outside: coverage.filter((share, i) => share < (low[i] as number) || share > (high[i] as number)).length,
    bias: 0.5 - values.reduce((sum, value) => sum + value, 0) / n,
    pValue: kolmogorovSmirnov(sorted).pValue,
    values,
  };
}

/** Counts the numbers of a sorted array that are at most `limit`. */
export function countUpTo(sorted: Float64Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * `(r + U)/(L + 1)` for the rank r of a number among L, `#{smaller}`, with ties broken at random and U uniform: exactly uniform
 * for exchangeable numbers, for any L, and independent of the order of the draws.
 */
export interface RandomRank {
  readonly rank: number;
  readonly level: number;
}

/** Assigns random ranks to numbers, each from two draws of the key. */
export class RandomRanks {
  private readonly uniforms: Float32Array;
  private at = 0;

  constructor(key: Key, count: number) {
    this.uniforms = key.uniform(2 * count);
  }

  /** The rank of the next number, with `below` smaller and `equal` equal numbers. */
  next(below: number, equal: number, draws: number): RandomRank {
    const tie = this.uniforms[this.at++] as number;
    const spread = this.uniforms[this.at++] as number;
    const rank = below + Math.floor(tie * (equal + 1));
    return { rank, level: (rank + spread) / (draws + 1) };
  }
}

/**
 * The level of the smallest highest-density region that contains each truth: the share of draws of q(· | xᵢ) with a higher
 * density than θ*ᵢ, `P(q(θ | xᵢ) > q(θ*ᵢ | xᵢ))`, as `(rank + U)/(draws + 1)`. Uniform if q is correct (Hermans et al. 2022,
 * arXiv:2110.06581; Deistler et al. 2022, arXiv:2210.04815).
 *
 * @param truthLogProb log-densities of the truths, `[n]`; −∞ outside of the support.
 * @param drawsLogProb log-densities of draws of the same posteriors, `[n, draws]`.
 * @returns `[n]`, from 0 to 1.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} NaN or +∞, no rows. @throws {OptionError} no key.
 * @example
 * const levels = credibilityLevels(truthLogProb, drawsLogProb, { key: createKey(0) });
 */
export function credibilityLevels(
  truthLogProb: RowsLike,
  drawsLogProb: DrawsLike,
  options: { readonly key: Key },
): Float64Array {
  return densityLevels("credibilityLevels", truthLogProb, drawsLogProb, options);
}

/** The levels, under the name of the function that was called. */
function densityLevels(
  where: string,
  truthLogProb: RowsLike,
  drawsLogProb: DrawsLike,
  options: { readonly key: Key },
): Float64Array {
  checkKey(where, options);
  const isLogProb: ReadRowsOptions = { numbers: "finite or -Infinity" };
  const { runs, draws, columns, data } = readDraws(drawsLogProb, where, "drawsLogProb", isLogProb);
  if (columns !== 1) {
    throw new ShapeError(`${where}: expected drawsLogProb of shape [n, draws], got [${runs}, ${draws}, ${columns}].`);
  }
  const truth = readColumn(truthLogProb, where, "truthLogProb", runs, isLogProb);
  const random = new RandomRanks(options.key, runs);
  return truth.map((value, i) => {
    let [above, equal] = [0, 0];
    for (let l = i * draws; l < (i + 1) * draws; l++) {
      const draw = data[l] as number;
      if (draw > value) above++;
      else if (draw === value) equal++;
    }
    return random.next(above, equal, draws).level;
  });
}

/**
 * Log-densities above which a region has a given mass: the `1 − level` quantile of the log-densities of draws, so that
 * `{θ : log q(θ) ≥ threshold}` is the highest-density region (Hyndman 1996).
 *
 * @param drawsLogProb log-densities of draws of one posterior, `[draws]`.
 * @param levels masses above 0 and below 1.
 * @throws {OptionError} a level is out of range. @throws {DataError} a number is NaN or +∞, or the draws are empty.
 * @example
 * const samples = flow.sample(createKey(0), [1000]);
 * const [half, most] = highestDensityThresholds(flow.logProb(samples), [0.5, 0.9]);
 */
export function highestDensityThresholds(drawsLogProb: RowsLike, levels: readonly number[]): number[] {
  const where = "highestDensityThresholds";
  const sorted = readColumn(drawsLogProb, where, "drawsLogProb", undefined, { numbers: "finite or -Infinity" }).sort();
  return levels.map((level) => quantile(sorted, 1 - checkShare(where, "levels", level)));
}

/**
 * Expected coverage of highest-density regions (Hermans et al. 2022, arXiv:2110.06581): the share of truths inside of the
 * region of each credibility level, by ranks of log-densities (Deistler et al. 2022, arXiv:2210.04815, algorithm 1). On the
 * diagonal when calibrated, below it when too narrow or in the wrong place, above it when too wide.
 *
 * @param truthLogProb log-densities of the truths under the posterior at their observation, `[n]`.
 * @param drawsLogProb log-densities of draws of the same posteriors, `[n, draws]`.
 * @throws {ShapeError} shapes that do not fit. @throws {DataError} NaN or +∞, no rows.
 * @throws {OptionError} no key, levels out of range.
 * @example
 * const curve = expectedCoverage(truthLogProb, drawsLogProb, { key: createKey(0), levels: [0.5, 0.9] });
 * console.log(curve.coverage, curve.pValue);
 */
export function expectedCoverage(
  truthLogProb: RowsLike,
  drawsLogProb: DrawsLike,
  options: CoverageOptions & { readonly key: Key },
): CoverageCurve {
  checkOptions("expectedCoverage", options, { levels: true, bandLevel: true, key: true });
  const where = "expectedCoverage";
  return coverageCurve(densityLevels(where, truthLogProb, drawsLogProb, options), options, where);
}

/** Options of {@link probabilityCurve}. */
export interface ProbabilityCurveOptions {
  /** Points of the curve. Default: 101. */
  readonly points?: number | undefined;
  /** Share of the null within the region at a given point. Default: 0.95. */
  readonly level?: number | undefined;
}

/** The curve of a PP plot and its region. */
export interface ProbabilityCurve {
  /** Probabilities from 0 to 1. */
  readonly levels: readonly number[];
  /** Share of draws with a probability of at most this level. */
  readonly cdf: readonly number[];
  /** Range of `cdf` for a correct estimator: quantiles over the classifiers of the null. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/**
 * The PP plot of a local test (Linhart et al. 2023, section 3.3): the empirical distribution function of the predicted
 * probabilities, which steps from 0 to 1 at ½ where the estimator is right, with its region under the null hypothesis.
 *
 * @throws {OptionError} points or level out of range.
 * @example
 * const estimates = posterior.given(observations).sample(createKey(1));
 * using local = await localC2st({ parameters: truths, observations, estimates }, { key: createKey(0), permutations: 20 });
 * const samples = posterior.given(observation).sample(createKey(2), [1000]);
 * const svg = probabilityPlot(probabilityCurve(local.test(observation, samples)));
 */
export function probabilityCurve(
  { probabilities, nullProbabilities }: Pick<LocalC2stResult, "probabilities" | "nullProbabilities">,
  options: ProbabilityCurveOptions = {},
): ProbabilityCurve {
  checkOptions("probabilityCurve", options, { points: true, level: true });
  const points = checkCount("probabilityCurve", "points", options.points ?? 101, 2);
  const tail = (1 - checkShare("probabilityCurve", "level", options.level ?? 0.95)) / 2;
  const levels = Array.from({ length: points }, (_, i) => i / (points - 1));
  const cdfOf = (values: Float64Array): number[] => {
    const sorted = Float64Array.from(values).sort();
    return levels.map((level) => countUpTo(sorted, level) / sorted.length);
  };
  const nulls = nullProbabilities.map(cdfOf);
  const regions = levels.map((_, i) => Float64Array.from(nulls, (cdf) => cdf[i] as number).sort());
  return {
    levels,
    cdf: cdfOf(probabilities),
    low: regions.map((sorted) => quantile(sorted, tail)),
    high: regions.map((sorted) => quantile(sorted, 1 - tail)),
  };
}
