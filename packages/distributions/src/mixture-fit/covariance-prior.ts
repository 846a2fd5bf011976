import { OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";

/**
 * Draws the covariance of each component towards a target S₀: `K^(−2/d) S`, that of all rows, shrunk to the share of the
 * space that one of K components fills; or, pooled, the mean covariance within the components of each step,
 * `Σₖ scatterₖ / n`.
 */
export interface CovariancePrior {
  /** ν, the number of rows that S₀ counts: `S = (scatter + ν S₀) / (N + ν)`. With 0 there is no prior. */
  readonly strength: number;
  /** Of S only its diagonal, or all of it; or the pooled covariance within components. */
  readonly shape: "diagonal" | "full" | "pooled";
}

/** Checks priors of an option. */
export function checkPriors(where: string, priors: readonly CovariancePrior[]): readonly CovariancePrior[] {
  if (priors.length === 0) throw new OptionError(`${where}: expected at least one prior, got none.`);
  for (const { strength, shape } of priors) {
    if (!(strength >= 0 && strength < Number.POSITIVE_INFINITY)) {
      throw new OptionError(
        `${where}: expected priors of a finite strength of at least 0, got ${describeValue(strength)}.`,
      );
    }
    if (shape !== "diagonal" && shape !== "full" && shape !== "pooled") {
      throw new OptionError(
        `${where}: expected priors of shape diagonal, full or pooled, got ${JSON.stringify(shape)}.`,
      );
    }
  }
  return priors;
}

/** S₀ for K components: `[d, d]`; undefined where each step has its own. */
export function priorTarget(
  covariance: Float64Array,
  features: number,
  components: number,
  prior: CovariancePrior,
): Float64Array | undefined {
  if (prior.shape === "pooled") return undefined;
  const factor = components ** (-2 / features);
  return covariance.map((value, i) => (prior.shape === "full" || i % (features + 1) === 0 ? factor * value : 0));
}

/** Hardly a prior: it only keeps components from collapsing. */
export const weakPrior: CovariancePrior = { strength: 0.1, shape: "diagonal" };

/** Priors for few rows: as strong as a covariance needs rows. */
export function strongPriors(features: number): [diagonal: CovariancePrior, full: CovariancePrior] {
  const strength = weakPrior.strength + features + 2;
  return [
    { strength, shape: "diagonal" },
    { strength, shape: "full" },
  ];
}
