import type { NdArray } from "@pushforward/core";
import { type ColumnStatistics, columnStatistics, standardize } from "@pushforward/datasets";
import { type FarColumns, farColumns } from "@pushforward/flows/extend";
import type { ConditionalTableRows, TableRows } from "./table-rows.ts";

/** Statistics of training rows, in float64: they become part of the model. */
export interface RowStatistics {
  readonly x: ColumnStatistics;
  readonly context?: ColumnStatistics | undefined;
  /** Map of the modeled columns before standardization, if a column has extreme outliers. */
  readonly farX?: FarColumns | undefined;
  /** The same for the context. */
  readonly farContext?: FarColumns | undefined;
  /** Σ ln sd of the modeled columns: a log-density in standard units minus this is in the units of the table. */
  readonly logVolume: number;
}

/** Statistics of training rows with a context. */
export interface ConditionalRowStatistics extends RowStatistics {
  readonly context: ColumnStatistics;
}

/**
 * Computes the statistics of training rows.
 *
 * @param classes one-hot blocks of the context that stay unchanged: mean 0 and standard deviation 1. Default: none.
 * @throws {DataError} no rows, or a value is not finite.
 */
export function rowStatistics(
  rows: ConditionalTableRows,
  classes?: readonly (readonly number[])[],
): ConditionalRowStatistics;
export function rowStatistics(rows: TableRows, classes?: readonly (readonly number[])[]): RowStatistics;
export function rowStatistics({ x, context }: TableRows, classes: readonly (readonly number[])[] = []): RowStatistics {
  const ofX = columnStatistics(x);
  const ofContext = context && columnStatistics(context);
  return {
    x: ofX,
    ...(ofContext && { context: withoutClasses(ofContext, classes.flat()) }),
    logVolume: ofX.sd.reduce((sum, sd) => sum + Math.log(sd), 0),
  };
}

function withoutClasses(statistics: ColumnStatistics, columns: readonly number[]): ColumnStatistics {
  const [mean, sd] = [Float64Array.from(statistics.mean), Float64Array.from(statistics.sd)];
  for (const j of columns) {
    mean[j] = 0;
    sd[j] = 1;
  }
  return { ...statistics, mean, sd };
}

/**
 * Computes the statistics like {@link rowStatistics}, but first maps columns with extreme outliers: in standard units
 * of such a column, float32 would have no digits left for the other values. A log-density in standard units minus
 * `logVolume` is then in the units of the table for the mean over `judged`, because the map bends.
 *
 * @param judged at least one row. Throws as {@link rowStatistics}.
 */
export function farRowStatistics(
  rows: TableRows,
  judged: TableRows,
  classes: readonly (readonly number[])[] = [],
): RowStatistics {
  const plain = rowStatistics(rows, classes);
  const farX = farColumns(rows.x, plain.x);
  const farContext = rows.context && plain.context && farColumns(rows.context, plain.context, classes.flat());
  if (farX === undefined && farContext === undefined) return plain;
  const mapped = inUnits(rows, { farX, farContext });
  const statistics = rowStatistics(mapped, classes);
  const volume = farX === undefined ? 0 : farX.logVolume(judged.x);
  return { ...statistics, farX, farContext, logVolume: statistics.logVolume + volume };
}

function inUnits(
  { x, context }: TableRows,
  { farX, farContext }: Pick<RowStatistics, "farX" | "farContext">,
): TableRows {
  return {
    x: farX === undefined ? x : farX.map(x),
    ...(context && { context: farContext === undefined ? context : farContext.map(context) }),
  };
}

/** Rows in standard units, computed in float64: a column with an offset of 1e9 has no digits left in float32. */
export function standardizeRows(rows: TableRows, statistics: RowStatistics): TableRows {
  const { x, context } = inUnits(rows, statistics);
  return {
    x: standardize(x, statistics.x),
    ...(context && statistics.context && { context: standardize(context, statistics.context) }),
  };
}

// Outside its box a spline is the identity, so the box should hold the training rows. A single outlier at 50 standard
// deviations must not take the bins away from all other rows, though.
const SMALLEST_BOUND = 5;
const LARGEST_BOUND = 8;

/**
 * Returns half the width of the box of the splines for rows in standard units: large enough for the rows, within 5 to
 * 8.
 */
export function splineBound({ data }: NdArray): number {
  let largest = 0;
  for (const z of data) largest = Math.max(largest, Math.abs(z));
  return Math.min(LARGEST_BOUND, Math.max(SMALLEST_BOUND, Math.ceil(largest)));
}
