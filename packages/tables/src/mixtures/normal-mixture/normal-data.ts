import type { Table } from "@pushforward/datasets";
import { columnOf } from "../../density/coding/category-coding.ts";
import type { MissingCells } from "../product-mixture/column-tables.ts";
import { type MixtureLayout, PRESENT } from "./mixture-layout.ts";
import { scaledCells } from "./scaled-cells.ts";

/** Rows with missing cells in the same columns. */
export interface RowPattern {
  readonly rows: readonly number[];
  readonly known: readonly number[];
  readonly unknown: readonly number[];
}

/** Rows of a table in the form that expectation–maximization reads. */
export interface NormalData {
  readonly rows: number;
  /** `[rows, size]`; NaN where a coordinate is unknown. */
  readonly scores: Float64Array;
  /** Codes of the cells of each column with a table; below 0 for a cell that the table does not score. */
  readonly codes: readonly Int32Array[];
  readonly patterns: readonly RowPattern[];
  /** For each coordinate the mean variance of values within their intervals. */
  readonly noise: Float64Array;
}

/** Encodes rows. */
export function normalData({ columns, size }: MixtureLayout, table: Table, missing: MissingCells): NormalData {
  const { rows } = table;
  const scores = new Float64Array(rows * size).fill(Number.NaN);
  const noise = new Float64Array(size);
  const codes: Int32Array[] = [];
  for (const column of columns) {
    const cells = scaledCells(column, columnOf(table, column.name), missing, "own");
    if (column.tableCodes > 0) codes.push(cells.codes);
    if (column.coordinate < 0) continue;
    let count = 0;
    for (const [row, value] of cells.values.entries()) {
      if (value === undefined || cells.codes[row] !== PRESENT) continue;
      scores[row * size + column.coordinate] = value.score;
      noise[column.coordinate] = (noise[column.coordinate] as number) + value.variance;
      count++;
    }
    noise[column.coordinate] = (noise[column.coordinate] as number) / Math.max(count, 1);
  }
  return { rows, scores, codes, patterns: patternsOf(scores, rows, size), noise };
}

function patternsOf(scores: Float64Array, rows: number, size: number): RowPattern[] {
  const byMask = new Map<string, number[]>();
  for (let row = 0; row < rows; row++) {
    let mask = "";
    for (let j = 0; j < size; j++) mask += Number.isNaN(scores[row * size + j]) ? "0" : "1";
    const own = byMask.get(mask);
    if (own === undefined) byMask.set(mask, [row]);
    else own.push(row);
  }
  return [...byMask].map(([mask, own]) => {
    const places = Array.from(mask, (_, j) => j);
    return { rows: own, known: places.filter((j) => mask[j] === "1"), unknown: places.filter((j) => mask[j] === "0") };
  });
}
