import { DataError, OptionError } from "@pushforward/core";
import { parseCsv, type Table } from "@pushforward/datasets";
import { checkTable, listNames } from "@pushforward/datasets/extend";
import { type FoundVariables, findVariables } from "../finding/find-variables.ts";
import { readVariables } from "../variables/read-variables.ts";
import { isLearnedVariable, type TypedTable } from "../variables/variable.ts";
import type { ColumnDeclaration, ColumnDeclarations } from "./column-types.ts";
import { rowsToTable } from "./rows-to-table.ts";
import { tableToRows } from "./table-to-rows.ts";

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

/** What declared columns are read from: rows of objects, the text of a CSV file, or a table of texts. */
export type DeclaredSource<C extends DeclaredColumns> = string | Table | readonly DeclaredInput<C>[];

/** The declared columns of some rows. `fitTableDensity` learns from it. */
export interface DeclaredTable<C extends DeclaredColumns> extends FoundVariables {
  /** Reads further rows, written as these are, into a table that a model of these can score. */
  read(source: DeclaredSource<C>): Table;
  /** The rows of a table with the same columns, such as samples of a model, as objects. Default: of this one. */
  rows(table?: Table): DeclaredRow<C>[];
}

/** Columns of a table and what they are; see {@link declareTable}. */
export interface TableDeclaration<C extends DeclaredColumns> {
  /** The same for `findVariables`, which keeps columns that are not declared. */
  readonly declared: ColumnDeclarations;
  /**
   * Reads the declared columns; the source may have others.
   *
   * @throws {DataError} a column is missing, or a value is not what its column is declared to be; the message names its row.
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
