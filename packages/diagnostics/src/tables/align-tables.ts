import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";

/** A column of several tables, side by side: numbers, NaN where missing, or codes of categories, of which missing is one. */
export type AlignedColumn =
  | { readonly name: string; readonly kind: "number"; readonly values: readonly Float64Array[] }
  | {
      readonly name: string;
      readonly kind: "category";
      readonly values: readonly Int32Array[];
      /** Number of codes. */
      readonly count: number;
    };

/**
 * The columns of the first table, as all tables have them.
 *
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in it where another has text.
 */
export function alignTables(tables: readonly Table[], where: string): AlignedColumn[] {
  const [first] = tables;
  if (first === undefined || first.columns.length === 0) {
    throw new DataError(`${where}: expected at least one column, got none.`);
  }
  if (tables.some(({ rows }) => rows === 0)) throw new DataError(`${where}: expected at least one row, got none.`);
  return first.columns.map(({ name, kind }): AlignedColumn => {
    const columns = tables.map((table) => getColumn(table, name));
    const other = columns.find((column) => column.kind !== kind);
    if (other !== undefined) {
      throw new DataError(
        `${where}: expected column "${name}" to hold ${kindWords(kind)} in each table, got ${kindWords(other.kind)}.`,
        { column: name },
      );
    }
    return kind === "number" ? { name, kind, values: columns.map(numbersOf) } : alignTexts(name, columns);
  });
}

function alignTexts(name: string, columns: readonly Column[]): AlignedColumn {
  const codes = new Map<string, number>();
  let missingCode: number | undefined;
  let count = 0;
  const codeOf = (text: string): number => {
    const known = codes.get(text);
    if (known !== undefined) return known;
    codes.set(text, count);
    return count++;
  };
  const values = columns.map((column) => {
    const missing = column.kind === "text" ? column.missing : undefined;
    return Int32Array.from({ length: column.values.length }, (_, row) => {
      if (missing?.has(row) !== true) return codeOf(String(column.values[row]));
      missingCode ??= count++;
      return missingCode;
    });
  });
  return { name, kind: "category", values, count };
}

function numbersOf(column: Column): Float64Array {
  return column.kind === "number" ? column.values : Float64Array.from(column.values, Number);
}

function kindWords(kind: Column["kind"]): string {
  return kind === "number" ? "numbers" : "text";
}
