import { type Key, type RowsLike, ShapeError } from "@pushforward/core";
import { checkKey, type ReadRowsOptions } from "@pushforward/core/extend";
import { quantile } from "@pushforward/core/plain";
import { checkShare } from "./check-options.ts";
import { type DrawsLike, readDraws } from "./draws-like.ts";
import { RandomRanks } from "./random-ranks.ts";
import { readColumn } from "./read-column.ts";

/**
 * The level of the smallest highest-density region that holds each truth: the share of draws of q(· | xᵢ) whose density
 * is higher than that of θ*ᵢ, `P(q(θ | xᵢ) > q(θ*ᵢ | xᵢ))`, as `(rank + U)/(draws + 1)`. Uniform when q is right (Hermans
 * et al. 2022, arXiv:2110.06581; Deistler et al. 2022, arXiv:2210.04815).
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
export function densityLevels(
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
 * Log-densities above which a region holds a given mass: the `1 − level` quantile of the log-densities of draws, so that
 * `{θ : log q(θ) ≥ threshold}` is the highest-density region (Hyndman 1996).
 *
 * @param drawsLogProb log-densities of draws of one posterior, `[draws]`.
 * @param levels masses above 0 and below 1.
 * @throws {OptionError} a level out of range. @throws {DataError} NaN or +∞, no draws.
 * @example
 * const samples = flow.sample(createKey(0), [1000]);
 * const [half, most] = highestDensityThresholds(flow.logProb(samples), [0.5, 0.9]);
 */
export function highestDensityThresholds(drawsLogProb: RowsLike, levels: readonly number[]): number[] {
  const where = "highestDensityThresholds";
  const sorted = readColumn(drawsLogProb, where, "drawsLogProb", undefined, { numbers: "finite or -Infinity" }).sort();
  return levels.map((level) => quantile(sorted, 1 - checkShare(where, "levels", level)));
}
