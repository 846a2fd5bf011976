import { formatNumber, Violation } from "../law/comparison.ts";
import type { Cell, ColumnLike, TableLike } from "./table-density-case.ts";

/** A cell of a column. */
export function cellOf(column: ColumnLike, row: number): Cell {
  if (column.kind === "text") return column.missing?.has(row) ? undefined : column.values[row];
  const value = column.values[row] as number;
  return Number.isNaN(value) ? undefined : value;
}

/** The column of a name in drawn rows. */
export function columnNamed({ columns }: TableLike, name: string): ColumnLike {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  throw new Violation(`drawn rows with a column "${name}"`, columns.map((column) => column.name).join(", "));
}

/** A column of cells. */
export function columnOfCells(name: string, kind: ColumnLike["kind"], cells: readonly Cell[]): ColumnLike {
  if (kind === "number") {
    return { name, kind, values: Float64Array.from(cells, (cell) => (cell === undefined ? Number.NaN : Number(cell))) };
  }
  const missing = new Set(cells.flatMap((cell, row) => (cell === undefined ? [row] : [])));
  const values = cells.map((cell) => (cell === undefined ? "" : String(cell)));
  return { name, kind, values, ...(missing.size > 0 && { missing }) };
}

/** The first row in which two tables differ; undefined where they are the same. */
export function firstDifference(a: TableLike, b: TableLike): number | undefined {
  if (a.columns.length !== b.columns.length) return 0;
  for (let row = 0; row < Math.max(a.rows, b.rows); row++) {
    const isSame = a.columns.every((column, k) => {
      const other = b.columns[k] as ColumnLike;
      return column.name === other.name && Object.is(cellOf(column, row), cellOf(other, row));
    });
    if (!isSame) return row;
  }
  return undefined;
}

/** A cell as messages print it. */
export function formatCell(cell: Cell): string {
  if (cell === undefined) return "missing";
  return typeof cell === "number" ? formatNumber(cell) : JSON.stringify(cell);
}

/** A row of a table as messages print it. */
export function formatRow({ columns }: TableLike, row: number): string {
  return `(${columns.map((column) => `${column.name}: ${formatCell(cellOf(column, row))}`).join(", ")})`;
}

/** Some rows of a table, in the order of their places. */
export function pickRows({ columns }: TableLike, places: readonly number[]): TableLike {
  return {
    rows: places.length,
    columns: columns.map((column) =>
      columnOfCells(
        column.name,
        column.kind,
        places.map((row) => cellOf(column, row)),
      ),
    ),
  };
}

/** Requires two tables to have the same cells. */
export function requireSameRows(got: TableLike, expected: TableLike, what: string): void {
  const row = firstDifference(got, expected);
  if (row === undefined) return;
  throw new Violation(`${what}, ${formatRow(expected, row)}`, formatRow(got, row), `row ${row}`);
}
