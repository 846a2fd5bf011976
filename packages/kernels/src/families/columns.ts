import type { KernelExports } from "../generated/kernel-abi.ts";
import { at, flag } from "../wasm/addresses.ts";

/** The same for a part that is copied. */
export interface CopyPartSizes {
  readonly rows: number;
  readonly columns: number;
  readonly fromStart?: number;
  readonly fromStride: number;
  readonly toStart?: number;
  readonly toStride: number;
}

/** Columns and rows of matrices, and their sums. */
export interface ColumnKernels {
  /** `to = from`, or `to += from`, of parts of matrices `[rows, columns]`. */
  copyPart(from: Float32Array, to: Float32Array, sizes: CopyPartSizes, accumulate?: boolean): void;
  /** `to[r, k] = from[r, columns[k]]`; `to` `[rows, columns]` tells the number of rows. */
  gatherColumns(from: Float32Array, columns: Int32Array, to: Float32Array): void;
  /** `to[r, columns[k]] = from[r, k] (+ to)`, of `to` `[rows, width]`; zeros where `from` is absent. */
  scatterColumns(
    from: Float32Array | undefined,
    columns: Int32Array,
    to: Float32Array,
    width: number,
    accumulate?: boolean,
  ): void;
  /** The sum in float64 of all columns of some matrices, where `to` has the rows; scratch has twice as many numbers. */
  sumColumns(matrices: readonly Float32Array[], to: Float32Array, scratch: Float32Array): void;
  /** Each number as all columns of its row. */
  spreadColumns(from: Float32Array, to: Float32Array): void;
  /** The sums of the columns in float64, where `to` has the columns. */
  sumRows(from: Float32Array, to: Float32Array): void;
  /** One row as each row of `to`; it may be the first of them. */
  repeatRow(row: Float32Array, to: Float32Array): void;
  /** Each row less one row. */
  subtractRow(from: Float32Array, row: Float32Array, to: Float32Array): void;
  /** `to = from`. */
  copy(from: Float32Array, to: Float32Array): void;
  /** `to = 0`. */
  clear(to: Float32Array): void;
}

/** How they are computed by the functions of a module. */
export function columnsCalls(calls: KernelExports): ColumnKernels {
  return {
    copyPart(from, to, { rows, columns, fromStart = 0, fromStride, toStart = 0, toStride }, accumulate) {
      calls.copyPart(at(from, fromStart), fromStride, at(to, toStart), toStride, rows, columns, flag(accumulate));
    },
    gatherColumns(from, columns, to) {
      const rows = to.length / columns.length;
      calls.gatherColumns(at(from), from.length / rows, at(columns), columns.length, at(to), rows);
    },
    scatterColumns(from, columns, to, width, accumulate) {
      const rows = to.length / width;
      calls.scatterColumns(at(from), at(columns), columns.length, at(to), width, rows, flag(accumulate));
    },
    sumColumns(matrices, to, scratch) {
      const rows = to.length;
      calls.clear(at(scratch), 2 * rows);
      for (const matrix of matrices) calls.addColumns(at(matrix), matrix.length / rows, at(scratch), rows);
      calls.roundSums(at(scratch), at(to), rows);
    },
    spreadColumns(from, to) {
      calls.spreadColumns(at(from), at(to), to.length / from.length, from.length);
    },
    sumRows(from, to) {
      calls.sumRows(at(from), to.length, at(to), from.length / to.length);
    },
    repeatRow(row, to) {
      calls.repeatRow(at(row), row.length, at(to), to.length / row.length);
    },
    subtractRow(from, row, to) {
      calls.subtractRow(at(from), at(row), at(to), row.length, from.length / row.length);
    },
    copy(from, to) {
      calls.copy(at(from), at(to), to.length);
    },
    clear(to) {
      calls.clear(at(to), to.length);
    },
  };
}
