import { DataError, OptionError } from "@pushforward/core";
import { type Column, parseCsv, type Table } from "@pushforward/datasets";
import { checkTable, createTable, listNames } from "@pushforward/datasets/extend";
import { tableLocation, tablePlace } from "../cells.ts";
import { type FoundVariables, findVariables } from "../finding/find-variable.ts";
import { readVariables } from "../variables/read-variables.ts";
import {
  isLearnedVariable,
  isNumberKind,
  type TypedTable,
  type Variable,
  type VariableKind,
} from "../variables/variable.ts";
import type { ColumnDeclaration, ColumnDeclarations } from "./column-types.ts";

/**
 * The columns of rows of objects: numbers where the column is declared as such and all values are numbers, otherwise the
 * texts that a file would have. Undefined, null and NaN are missing.
 *
 * @throws {DataError} a row lacks a key, or a value is neither a text nor a number, boolean or valid date; the message names its row.
 */
function rowsToTable(rows: readonly Readonly<Record<string, unknown>>[], declared: ColumnDeclarations): Table {
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

/** A cell of a row of objects. */
type Value = number | string | boolean | Date | null;

/**
 * The rows of a table as objects, with null for a missing cell, and for each cell of a column that the table does not have.
 *
 * @param variables of the columns, which know the words of booleans.
 */
function tableToRows(
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

/** Declared columns by their names. */
export interface DeclaredColumns {
  readonly [name: string]: ColumnDeclaration;
}

/** A row of declared columns; null is a missing cell. */
export type DeclaredRow<C extends DeclaredColumns> = {
  [K in keyof C]: (C[K] extends ColumnDeclaration<infer V> ? V : never) | null;
};

/** A row to read: a missing cell may also be undefined, and any value may be written as a text. */
export type DeclaredInput<C extends DeclaredColumns> = {
  readonly [K in keyof C]: DeclaredRow<C>[K] | string | undefined;
};

/** Source of declared columns: rows of objects, the text of a CSV file, or a table of texts. */
export type DeclaredSource<C extends DeclaredColumns> = string | Table | readonly DeclaredInput<C>[];

/** The declared columns of some rows. `fitTableDensity` learns from it. */
export interface DeclaredTable<C extends DeclaredColumns> extends FoundVariables {
  /** Reads further rows, written as these are, into a table that a model of these can score. */
  read(source: DeclaredSource<C>): Table;
  /** The rows of a table with the same columns, such as samples of a model, as objects. Default: of this one. */
  rows(table?: Table): DeclaredRow<C>[];
}

/** Declared columns of a table; see {@link declareTable}. */
export interface TableDeclaration<C extends DeclaredColumns> {
  /** The same for `findVariables`, which keeps columns that are not declared. */
  readonly declared: ColumnDeclarations;
  /**
   * Reads the declared columns. The source may have additional columns.
   *
   * @throws {DataError} a column is missing, or a value does not match the declaration of its column; the message names
   * its row.
   */
  read(source: DeclaredSource<C>): DeclaredTable<C>;
}

/**
 * Declares the columns of a table, for rows of objects, CSV text or tables.
 *
 * @example
 * const people = declareTable({ age: column.integer(), city: column.category(), size: column.ordinal(["S", "M", "L"]) });
 * const data = people.read([{ age: 31, city: "Oslo", size: "M" }, { age: 54, city: "Rome", size: "L" }]);
 * const { model } = await fitTableDensity(data, { key });
 * const drawn = data.rows(model.sample(key, 3)); // { age: number | null, city: string | null, … }[]
 */
export function declareTable<const C extends DeclaredColumns>(columns: C): TableDeclaration<C> {
  if (typeof columns !== "object" || columns === null || Array.isArray(columns)) {
    throw new OptionError(`declareTable: expected an object of columns and their kinds, got ${String(columns)}.`);
  }
  const declared = new Map(Object.entries(columns));
  return {
    declared,
    read(source) {
      const found = findVariables(sourceTable(source, declared), { declared });
      return { ...found, ...reader<C>(found, declared) };
    },
  };
}

function reader<C extends DeclaredColumns>(
  { variables, table: own }: TypedTable,
  declared: ColumnDeclarations,
): Pick<DeclaredTable<C>, "read" | "rows"> {
  const learned = variables.filter(isLearnedVariable);
  const names = new Set(learned.map(({ name }) => name));
  const known = new Map([...declared].filter(([name]) => names.has(name)));
  return {
    read: (source) => readVariables(sourceTable(source, known), learned).table,
    // The readers of the columns give the types that their declarations promise.
    rows: (rows = own) => {
      checkTable("declareTable: rows", rows);
      return tableToRows(rows, declared, variables) as DeclaredRow<C>[];
    },
  };
}

/** The declared columns of a source, in their order. */
function sourceTable<C extends DeclaredColumns>(source: DeclaredSource<C>, declared: ColumnDeclarations): Table {
  if (isRows(source)) {
    const bad = source.findIndex((row) => typeof row !== "object" || row === null);
    if (bad >= 0) {
      throw new DataError(`declareTable: row ${bad + 1}: expected an object of cells, got ${String(source[bad])}.`, {
        row: bad + 1,
      });
    }
    return rowsToTable(source, declared);
  }
  if (typeof source !== "string") checkTable("declareTable", source);
  const whole = typeof source === "string" ? parseCsv(source, { kinds: "text", missing: "keep" }) : source;
  const byName = new Map(whole.columns.map((column) => [column.name, column]));
  const columns = Array.from(declared.keys(), (name) => {
    const column = byName.get(name);
    if (column !== undefined) return column;
    throw new DataError(
      `declareTable: expected a column "${name}", got the columns ${listNames([...byName.keys()])}.`,
      {
        column: name,
      },
    );
  });
  return { ...whole, columns };
}

function isRows<C extends DeclaredColumns>(source: DeclaredSource<C>): source is readonly DeclaredInput<C>[] {
  return Array.isArray(source);
}
