import type { RowsLike } from "@pushforward/core";
import { checkOptions, readRows } from "@pushforward/core/extend";
import { checkColumns, fitJointMixture, type GaussianMixtureFit } from "./fit-conditional-gaussian-mixture.ts";
import { type MixtureFitOptions, resolveMixtureFit, smallestWithin } from "./mixture-fit-options.ts";

/** Options of {@link fitGaussianMixture}. */
export interface FitGaussianMixtureOptions extends MixtureFitOptions {
  /** Rows to choose number of components and prior by. Without them a tenth is held out when there is a choice. */
  readonly validation?: RowsLike | undefined;
}

/**
 * Fits a mixture of normals with full covariances, `p(x) = Σ wₖ N(x; mₖ, LₖLₖᵀ)`, by expectation-maximization from
 * k-means++ clusters, in float64 on the host.
 *
 * The number of components, of 1, 2, 4, … 128 unless `components` says otherwise, is the smallest whose validation NLL is
 * within .01 nats per feature of the best. Covariances are drawn towards `K^(−2/d)` times the variances of the columns, as
 * if that were seen in .1 rows; with fewer than 2,000 rows the same in d + 2.1 rows, and towards the whole covariance,
 * are tried as well. With one number of components and no `validation` nothing is held out; the prior is then the first
 * of `priors`, by default that of .1 rows, or of d + 2.1 for few rows.
 *
 * The fit does not depend on the units of the columns. Where a column is constant, the covariance is `ridge` in its own
 * units; so a single row gives a narrow normal. More components than distinct rows lie on one another.
 *
 * Sources: Dempster, Laird and Rubin 1977; Arthur and Vassilvitskii 2007; Fraley and Raftery 2007 (the priors).
 *
 * @param rows `[n, d]`.
 * @returns plain numbers: `weights [K]`, `means [K, d]`, `scaleTrils [K, d, d]`, and how they came about.
 * @throws {DataError} a value that is not finite, with its row and column; no rows.
 * @throws {ShapeError} the rows are no table, or validation rows have another number of columns.
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
