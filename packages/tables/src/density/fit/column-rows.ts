import type { CodedColumn } from "../coding/cell-coding.ts";

/** Columns of some rows. */
export interface ColumnRows {
  readonly coded: readonly CodedColumn[];
  readonly rows: number;
}
