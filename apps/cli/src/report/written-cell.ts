import type { Table } from "pushforward";
import type { ReportColumn } from "./report-model.ts";

/** A cell of a table as its file has it, or that it is missing. */
export function writtenCell(table: Table, columns: readonly ReportColumn[], name: string, row: number): string {
  const column = table.columns.find((candidate) => candidate.name === name);
  const described = columns.find((candidate) => candidate.name === name);
  if (column === undefined || described === undefined) return "";
  const isMissing = column.kind === "text" ? column.missing?.has(row) : Number.isNaN(column.values[row]);
  return isMissing ? "missing" : described.write(column.values[row]);
}
