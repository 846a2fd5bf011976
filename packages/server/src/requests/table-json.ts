import { getColumn } from "@pushforward/datasets/extend";
import type { TableModel } from "@pushforward/tables";
import type { Column, Table } from "pushforward";
import type { ColumnLayout } from "./request-table.ts";

/** A cell in JSON: null is a missing one. */
type JsonCell = number | string | null;

/**
 * Converts the columns of a table for an answer: numbers stay numbers; dates and all other cells become the texts of
 * the file.
 */
export function typedColumns(table: Table, layout: ColumnLayout, cells: TableModel): Table {
  const columns = table.columns.map((column): Column => {
    // The ends of intervals are what their column is.
    const name = layout.has(column.name) ? column.name : column.name.replace(/^(low|high) of /, "");
    const laid = layout.get(name);
    if (column.kind === "number" || laid === undefined || !laid.isNumeric || laid.kind === "date") return column;
    if (!cells.names.includes(name)) return column;
    return {
      ...getColumn(cells.read({ rows: table.rows, columns: [{ ...column, name }] }, { isPartial: true }), name),
      name: column.name,
    };
  });
  return { rows: table.rows, columns };
}

/** The rows of a table as objects of cells by column. */
export function rowsToJson({ rows, columns }: Table): Readonly<Record<string, JsonCell>>[] {
  const read = columns.map(({ name }, k) => [name, columns[k] as Column] as const);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(read.map(([name, column]) => [name, cellToJson(column, row)])),
  );
}

function cellToJson(column: Column, row: number): JsonCell {
  if (column.kind === "text") return column.missing?.has(row) ? null : (column.values[row] as string);
  const value = column.values[row] as number;
  return Number.isNaN(value) ? null : value;
}
