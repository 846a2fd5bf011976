import type { Key } from "@pushforward/core";
import type { TableLike } from "./table-like.ts";

/**
 * A density of the rows of a table: with respect to counting measure on categories, missing cells and numbers with a
 * probability of their own, and to Lebesgue measure on other numbers.
 */
export interface TableDensityLike {
  /** The log-density of each row, in nats, `[rows]`; that of the other columns given the context. */
  logProb(table: TableLike): Float64Array;
  /** For each column the log-densities of its cells given the cells before them, `[rows]` each: their sum is `logProb`. */
  cellLogProb?(table: TableLike): readonly Float64Array[];
  /** Draws rows; where columns are given, `rows` for each row of `context`, one after the other. */
  sample(key: Key, rows: number, options?: { readonly context?: TableLike | undefined }): TableLike;
}
