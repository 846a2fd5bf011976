import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { tableLocation, tablePlace } from "../cells/cell-errors.ts";
import { isNumberKind, type VariableKind } from "../variables/variable.ts";
import type { ColumnDeclarations } from "./column-types.ts";

/**
 * The columns of rows of objects: numbers where the column is declared as such and all values are numbers, otherwise the
 * texts that a file would have. Undefined, null and NaN are missing.
 *
 * @throws {DataError} a row lacks a key, or a value is neither a text nor a number, boolean or valid date; the message names its row.
 */
export function rowsToTable(rows: readonly Readonly<Record<string, unknown>>[], declared: ColumnDeclarations): Table {
  return createTable(
    Array.from(declared, ([name, { kind }]) =>
      columnOf(
        name,
        kind,
        rows.map((row, i) => {
          if (Object.hasOwn(row, name)) return row[name];
          const at = tableLocation(undefined, name, i + 1);
          throw new DataError(`${tablePlace(at)}expected a value, or null for a missing one, got no such key.`, at);
        }),
      ),
    ),
  );
}

function columnOf(name: string, kind: VariableKind, cells: readonly unknown[]): Column {
  const isMissing = (cell: unknown): boolean => cell === undefined || cell === null || Number.isNaN(cell);
  if (isNumberKind(kind) && cells.every((cell) => typeof cell === "number" || isMissing(cell))) {
    return {
      name,
      kind: "number",
      values: Float64Array.from(cells, (cell) => (isMissing(cell) ? Number.NaN : Number(cell))),
    };
  }
  const missing = new Set(cells.flatMap((cell, row) => (isMissing(cell) ? [row] : [])));
  const hasTime = cells.some((cell) => cell instanceof Date && cell.getTime() % 86_400_000 !== 0);
  const values = cells.map((cell, row) => (missing.has(row) ? "" : textOf(cell, hasTime, name, row)));
  return { name, kind: "text", values, ...(missing.size > 0 && { missing }) };
}

function textOf(cell: unknown, hasTime: boolean, name: string, row: number): string {
  if (typeof cell === "string") return cell;
  if (typeof cell === "number" || typeof cell === "boolean") return String(cell);
  if (cell instanceof Date && !Number.isNaN(cell.getTime()))
    return cell.toISOString().slice(0, hasTime ? undefined : 10);
  const at = tableLocation(undefined, name, row + 1);
  const got =
    cell instanceof Date ? "an invalid date" : Array.isArray(cell) ? "an array" : `a value of type ${typeof cell}`;
  throw new DataError(`${tablePlace(at)}expected a text, a number, a boolean or a date, got ${got}.`, at);
}
