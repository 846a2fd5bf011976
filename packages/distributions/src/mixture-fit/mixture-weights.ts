import { DataError, OptionError, ShapeError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";

/** Options of {@link mixtureWeights}. */
export interface FitMixtureWeightsOptions {
  /** Most steps of EM. Default 300. */
  readonly steps?: number;
}

/** Result of {@link mixtureWeights}. */
export interface FittedMixtureWeights {
  /** One for each component; they add up to 1. */
  readonly weights: Float64Array;
  /** Mean log-density of the mixture with these weights, in nats per row. */
  readonly meanLogProb: number;
}

/** A step of EM that changes no weight by more is the last. */
const STILL = 1e-12;

/**
 * The maximum likelihood weights of a mixture of fixed components, `max Σ_r ln Σ wₖ pₖ(x_r)`, by EM from equal weights: `wₖ ←
 * mean_r wₖ pₖ(x_r) / Σ wⱼ pⱼ(x_r)` (Dempster, Laird and Rubin 1977). The problem is concave, with one maximum. In float64, for
 * log-densities of any size.
 *
 * Take rows that no component was trained on: on its own rows the component that over-fits most would win. −∞, outside
 * the support of a component, is fine; a row outside of all makes the mean −∞ and has no say.
 *
 * @param logProbs by component, the log-densities of the same rows.
 * @throws {OptionError} no components, or `steps` is not an integer of at least 0.
 * @throws {ShapeError} components with different numbers of rows.
 * @throws {DataError} no rows; a log-density is NaN or +∞, named by component and row, which count from 0 and from 1.
 * @example
 * const narrow = new DiagonalNormal({ mean: [0, 0] });
 * const wide = new DiagonalNormal({ mean: [0, 0], scale: 3 });
 * const components = [narrow, wide];
 * const { weights } = mixtureWeights(components.map((component) => logProbRows(component, x)));
 * const mixture = new Mixture({ weights, components });
 */
export function mixtureWeights(
  logProbs: readonly ArrayLike<number>[],
  options: FitMixtureWeightsOptions = {},
): FittedMixtureWeights {
  checkOptions("mixtureWeights", options, { steps: true });
  const { steps = 300 } = options;
  const count = logProbs.length;
  const rows = logProbs[0]?.length ?? 0;
  if (count === 0) throw new OptionError("mixtureWeights: expected at least one component, got none.");
  if (!Number.isSafeInteger(steps) || steps < 0) {
    throw new OptionError(
      `mixtureWeights: expected steps to be an integer of at least 0, got ${describeValue(steps)}.`,
    );
  }
  if (rows === 0) throw new DataError("mixtureWeights: expected at least one row, got none.");
  const { densities, peaks } = relativeDensities(logProbs, rows);
  let weights = new Float64Array(count).fill(1 / count);
  const inside = peaks.reduce((sum, peak) => sum + (peak === Number.NEGATIVE_INFINITY ? 0 : 1), 0);
  for (let step = 0; step < steps && inside > 0; step++) {
    const next = new Float64Array(count);
    for (let r = 0; r < rows; r++) {
      if (peaks[r] === Number.NEGATIVE_INFINITY) continue;
      const share = 1 / total(densities, r, weights);
      for (let k = 0; k < count; k++) {
        const own = (weights[k] as number) * (densities[r * count + k] as number);
        next[k] = (next[k] as number) + own * share;
      }
    }
    let moved = 0;
    for (let k = 0; k < count; k++) {
      next[k] = (next[k] as number) / inside;
      moved = Math.max(moved, Math.abs((next[k] as number) - (weights[k] as number)));
    }
    weights = next;
    if (moved <= STILL) break;
  }
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += (peaks[r] as number) + Math.log(total(densities, r, weights));
  return { weights, meanLogProb: sum / rows };
}

/** `Σ wₖ pₖ` of a row, relative to its largest density. */
function total(densities: Float64Array, row: number, weights: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) {
    sum += (weights[k] as number) * (densities[row * weights.length + k] as number);
  }
  return sum;
}

/** The densities `[rows, components]` relative to the largest of each row, and the logarithm of that. */
function relativeDensities(
  logProbs: readonly ArrayLike<number>[],
  rows: number,
): { readonly densities: Float64Array; readonly peaks: Float64Array } {
  const count = logProbs.length;
  const peaks = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  for (const [k, own] of logProbs.entries()) {
    if (own.length !== rows) {
      throw new ShapeError(
        `mixtureWeights: expected ${rows} rows for each component, got ${own.length} for component ${k}.`,
      );
    }
    for (let r = 0; r < rows; r++) {
      const value = own[r] as number;
      if (!(value < Number.POSITIVE_INFINITY)) {
        throw new DataError(
          `mixtureWeights: expected log-densities below infinity, got ${value} for component ${k} in row ${r + 1}.`,
          { row: r + 1, column: String(k) },
        );
      }
      if (value > (peaks[r] as number)) peaks[r] = value;
    }
  }
  const densities = new Float64Array(rows * count);
  for (const [k, own] of logProbs.entries()) {
    for (let r = 0; r < rows; r++) {
      // Where no component has a density all are alike, and the sum is −∞ by its peak.
      const peak = peaks[r] as number;
      densities[r * count + k] = peak === Number.NEGATIVE_INFINITY ? 1 : Math.exp((own[r] as number) - peak);
    }
  }
  return { densities, peaks };
}
