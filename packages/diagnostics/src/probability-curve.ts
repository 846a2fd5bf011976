import { checkOptions } from "@pushforward/core/extend";
import { quantile } from "@pushforward/core/plain";
import { checkCount, checkShare } from "./check-options.ts";
import { countUpTo } from "./coverage-curve.ts";
import type { LocalC2stResult } from "./local-c2st.ts";

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
  /** The share of draws whose probability is at most that. */
  readonly cdf: readonly number[];
  /** Where it lies for a right estimator: quantiles over the classifiers of the null. */
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
