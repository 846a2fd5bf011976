import type { Key, RowsLike } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { type CoverageCurve, type CoverageOptions, coverageCurve } from "./coverage-curve.ts";
import type { DrawsLike } from "./draws-like.ts";
import { densityLevels } from "./highest-density.ts";

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
