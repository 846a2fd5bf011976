import type { RowsLike } from "@pushforward/core";
import { checkOptions, readRows } from "@pushforward/core/extend";
import { checkColumns, fitJointMixture, type GaussianMixtureFit } from "./fit-conditional-gaussian-mixture.ts";
import { type MixtureFitOptions, resolveMixtureFit, smallestWithin } from "./mixture-fit-options.ts";

/** Options of {@link fitGaussianMixture}. */
export interface FitGaussianMixtureOptions extends MixtureFitOptions {
  /**
   * Validation rows for the number of components and the prior. Default: a tenth of the rows, if there are several candidates.
   */
  readonly validation?: RowsLike | undefined;
}

/**
 * Fits a mixture of normals with full covariances, `p(x) = Σ wₖ N(x; mₖ, LₖLₖᵀ)`, by expectation-maximization from
 * k-means++ clusters, in float64 on the host.
 *
 * The number of components (1, 2, 4, … 128, or `components`) is the smallest with a validation NLL within .01 nats per feature
 * of the best. Covariances are shrunk to `K^(−2/d)` times the variances of the columns, with a weight of .1 rows. With fewer
 * than 2,000 rows, a weight of d + 2.1 rows and the full covariance are candidates, too. With one number of components and no
 * `validation`, no rows are held out, and the prior is the first of `priors` (default: .1 rows, or d + 2.1 for few rows).
 *
 * The fit does not depend on the units of the columns. For a constant column, the variance is `ridge` in its own units, so a
 * single row produces a narrow normal distribution. Surplus components coincide with distinct rows.
 *
 * Sources: Dempster, Laird and Rubin 1977; Arthur and Vassilvitskii 2007; Fraley and Raftery 2007 (the priors).
 *
 * @param rows `[n, d]`.
 * @returns plain numbers: `weights [K]`, `means [K, d]`, `scaleTrils [K, d, d]`, and how they came about.
 * @throws {DataError} a value that is not finite, with its row and column; no rows.
 * @throws {ShapeError} the rows are not a table, or validation rows have a different number of columns.
 * @throws {OptionError} an option out of range; more components than rows.
 * @throws {DomainError} without prior and ridge: a component collapsed to a point or line.
 * @example
 * const fit = await fitGaussianMixture([[0, 1], [0.1, 1.2], [5, 5], [5.2, 4.9]], { key: createKey(0), components: 2 });
 * fit.weights; // → [0.5, 0.5]
 */
export async function fitGaussianMixture(
  rows: RowsLike,
  options: FitGaussianMixtureOptions,
): Promise<GaussianMixtureFit> {
  checkOptions("fitGaussianMixture", options, {
    key: true,
    components: true,
    priors: true,
    maxSteps: true,
    tolerance: true,
    maxRows: true,
    rowsPerComponent: true,
    patience: true,
    parsimony: true,
    ridge: true,
    weightRows: true,
    signal: true,
    onProgress: true,
    validation: true,
  });
  const where = "fitGaussianMixture";
  const defaults = { components: [1, 2, 4, 8, 16, 32, 64, 128], parsimony: 0.01 };
  const settings = resolveMixtureFit(where, options, defaults);
  const table = readRows(rows, where, "rows");
  const validation = options.validation && readRows(options.validation, where, "validation");
  checkColumns(where, "validation", validation, table.columns);
  return fitJointMixture({ where, table, validation, settings, contextFeatures: 0, choose: smallestWithin });
}
