import type { Column, Table } from "@pushforward/datasets";
import type { Variable } from "../variables/variable.ts";
import type { ColumnDeclarations } from "./column-types.ts";

/** A cell of a row of objects. */
type Value = number | string | boolean | Date | null;

/**
 * The rows of a table as objects, with null for a missing cell, and for each cell of a column that the table does not have.
 *
 * @param variables of the columns, which know the words of booleans.
 */
export function tableToRows(
  table: Table,
  declared: ColumnDeclarations,
  variables: readonly Variable[],
): Record<string, Value>[] {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const readers = Array.from(declared.keys(), (name) => {
    const variable = variables.find((candidate) => candidate.name === name);
    return [name, valueReader(byName.get(name), variable)] as const;
  });
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(readers.map(([name, at]) => [name, at(row)])),
  );
}

function valueReader(column: Column | undefined, variable: Variable | undefined): (row: number) => Value {
  if (column === undefined) return () => null;
  if (column.kind === "number") {
    const { values } = column;
    const isDate = variable?.kind === "date";
    return (row) => {
      const value = values[row] as number;
      if (Number.isNaN(value)) return null;
      return isDate ? new Date(Math.round(value * 1000)) : value;
    };
  }
  const { values, missing } = column;
  const yes = variable?.kind === "boolean" ? variable.words?.[1] : undefined;
  return (row) => {
    if (missing?.has(row)) return null;
    const text = values[row] as string;
    return variable?.kind === "boolean" && yes !== undefined ? text === yes : text;
  };
}
