import { type RowsLike, ShapeError } from "@pushforward/core";
import { checkOptions, readRows } from "@pushforward/core/extend";
import type { HostRows } from "@pushforward/core/plain";
import { checkColumns, fitJointMixture, type GaussianMixtureFit } from "./joint-mixture.ts";
import { type MixtureFitOptions, resolveMixtureFit } from "./mixture-fit-options.ts";
import { growWhileFalling } from "./mixture-selection.ts";

/** Numeric columns and the context that they depend on, row by row. */
export interface ConditionalRows {
  /** `[n, d]`. */
  readonly x: RowsLike;
  /** `[n, c]`. */
  readonly context: RowsLike;
}

/** Options of {@link fitConditionalGaussianMixture}. */
export interface FitConditionalGaussianMixtureOptions extends MixtureFitOptions {
  /** Rows to choose number of components and prior by. Without them a tenth is held out when there is a choice. */
  readonly validation?: ConditionalRows | undefined;
}

/** A fitted mixture of context and features together. Its log-densities are those of the features, given the context. */
export interface ConditionalGaussianMixtureFit extends GaussianMixtureFit {
  /** The first so many columns are the context. */
  readonly contextFeatures: number;
}

/**
 * Fits a mixture of normals to context and features together, to be conditioned on the context:
 * `p(x | c) = Σ wₖ N((c, x); …) / Σ wₖ N(c; …)`. The context comes first in its columns.
 *
 * As {@link fitGaussianMixture}, but the number of components is taken from 1, 4, 16, 32 and 64 by the validation NLL
 * of the features given the context, and a larger one only when this falls by .01 nats per feature.
 *
 * @throws what `fitGaussianMixture` throws, and {ShapeError} when context and features differ in their rows.
 * @example
 * const context = [[0], [1], [2], [3], [4], [5]];
 * const fit = await fitConditionalGaussianMixture(
 *   { x: [[0.1], [1.9], [4.2], [6.1], [7.8], [10]], context },
 *   { key: createKey(0), components: 1 },
 * );
 * fit.means.length; // → 2
 */
export async function fitConditionalGaussianMixture(
  rows: ConditionalRows,
  options: FitConditionalGaussianMixtureOptions,
): Promise<ConditionalGaussianMixtureFit> {
  checkOptions("fitConditionalGaussianMixture", options, {
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
  const where = "fitConditionalGaussianMixture";
  const settings = resolveMixtureFit(where, options, { components: [1, 4, 16, 32, 64], parsimony: 0.01 });
  const [table, contextFeatures] = readConditionalRows(rows, where, "");
  const [validation, validationContext] =
    options.validation === undefined ? [] : readConditionalRows(options.validation, where, "validation ");
  checkColumns(where, "validation", validation, table.columns);
  if (validationContext !== undefined && validationContext !== contextFeatures) {
    throw new ShapeError(
      `${where}: expected ${contextFeatures} columns in validation context, got ${validationContext}.`,
    );
  }
  const fit = await fitJointMixture({ where, table, validation, settings, contextFeatures, choose: growWhileFalling });
  return { ...fit, contextFeatures };
}

/** One table of both, the context first, and its number of context columns. */
function readConditionalRows(rows: ConditionalRows, where: string, name: string): [table: HostRows, context: number] {
  const context = readRows(rows.context, where, `${name}context`);
  const x = readRows(rows.x, where, `${name}x`);
  if (context.rows !== x.rows) {
    throw new ShapeError(
      `${where}: expected ${x.rows} rows of ${name}context, one for each row of x, got ${context.rows}.`,
    );
  }
  const columns = context.columns + x.columns;
  const data = new Float64Array(x.rows * columns);
  for (let i = 0; i < x.rows; i++) {
    data.set(context.data.subarray(i * context.columns, (i + 1) * context.columns), i * columns);
    data.set(x.data.subarray(i * x.columns, (i + 1) * x.columns), i * columns + context.columns);
  }
  return [{ rows: x.rows, columns, data }, context.columns];
}
