import type { CellCoding, CodedColumn } from "../coding/cell-coding.ts";

/** Columns of some rows. */
export interface ColumnRows {
  readonly coded: readonly CodedColumn[];
  readonly rows: number;
}

/** A column to train. */
export interface ColumnTask {
  readonly index: number;
  readonly parents: readonly number[];
  readonly codings: readonly { readonly coding: CellCoding }[];
  readonly train: ColumnRows;
  readonly validation: ColumnRows;
}
