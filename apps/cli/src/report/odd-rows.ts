import type { Table } from "pushforward";
import type { ReportColumn, RowScores } from "./report-model.ts";

/** A row that the model finds unusual, and why. */
export interface OddRow {
  /** In the file, from 1. */
  readonly row: number;
  readonly logDensity: number;
  /** The cells that cost most: by how many nats they are below the median of their column. */
  readonly cells: readonly { readonly column: string; readonly value: string; readonly cost: number }[];
}

const MOST_ROWS = 20;
const MOST_CELLS = 3;

/** The rows with the lowest log-density, the lowest first. */
export function oddRows(
  table: Table,
  rowNumbers: ArrayLike<number>,
  { logDensity, cells }: RowScores,
  columns: readonly ReportColumn[],
): OddRow[] {
  const order = Array.from(logDensity, (_, row) => row).sort(
    (a, b) => (logDensity[a] as number) - (logDensity[b] as number) || a - b,
  );
  const medians = cells.map(({ values }) => medianOf(values));
  return order.slice(0, MOST_ROWS).map((row) => ({
    row: rowNumbers[row] as number,
    logDensity: logDensity[row] as number,
    cells: cells
      .map(({ name, values }, k) => ({
        column: name,
        value: writtenCell(
          table,
          row,
          columns.find((column) => column.name === name),
        ),
        cost: (medians[k] as number) - (values[row] as number),
      }))
      .filter(({ cost }) => cost > 0)
      .sort((a, b) => b.cost - a.cost)
      .slice(0, MOST_CELLS),
  }));
}

function medianOf(values: Float64Array): number {
  return Float64Array.from(values).sort()[values.length >> 1] as number;
}

function writtenCell({ columns }: Table, row: number, described: ReportColumn | undefined): string {
  const column = columns.find(({ name }) => name === described?.name);
  if (column === undefined || described === undefined) return "";
  const isMissing = column.kind === "text" ? column.missing?.has(row) : Number.isNaN(column.values[row]);
  return isMissing ? "missing" : described.write(column.values[row]);
}
