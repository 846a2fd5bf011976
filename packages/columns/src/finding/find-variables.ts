import { OptionError } from "@pushforward/core";
import { suggestedName } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import type { ColumnDeclarations } from "../declarations/column-types.ts";
import type { ColumnNote, FoundColumn, TypedTable } from "../variables/variable.ts";
import { declaredVariable } from "./declared-variable.ts";
import { findVariable } from "./find-variable.ts";

/** Options of {@link findVariables}. */
export interface FindVariablesOptions {
  /** What columns are; see {@link parseDeclarations}. Default: found from their values. */
  readonly declared?: ColumnDeclarations | undefined;
  /** What separates the digits of a fraction in all columns. Default: found from their values. */
  readonly decimal?: "." | "," | undefined;
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
}

/** A table whose columns are understood, and what was decided about them. */
export interface FoundVariables extends TypedTable {
  /** What was taken as missing, how numbers are written, and what could not be decided. */
  readonly notes: readonly ColumnNote[];
}

/**
 * Finds what the columns of a table are, by their values and, where these leave it open, by their names. Nothing is guessed
 * in silence: `notes` has a sentence for each column whose cells are not taken as they stand.
 *
 * @param table columns of text, as `parseCsv(text, { kinds: "text", missing: "keep" })` gives them; columns of numbers are
 * taken as they are.
 * @throws {DataError} a value is not what its column is declared to be, or infinite; the message names its row.
 * @throws {OptionError} a column that does not exist is declared.
 * @example
 * const table = parseCsv("when,mass\n2020-01-31,1.5\n2020-02-29,2.0\n", { kinds: "text", missing: "keep" });
 * findVariables(table).variables.map(({ kind }) => kind); // → ["date", "real"]
 */
export function findVariables(table: Table, { declared, decimal, file }: FindVariablesOptions = {}): FoundVariables {
  const names = new Set(table.columns.map(({ name }) => name));
  for (const name of declared?.keys() ?? []) {
    if (names.has(name)) continue;
    throw new OptionError(
      `declare: expected a column "${name}", got the columns ${listNames([...names])}.${suggestedName(name, names)}`,
    );
  }
  const find = (column: Table["columns"][number], decimalComma?: boolean): FoundColumn => {
    const declaration = declared?.get(column.name);
    if (declaration === undefined) return findVariable(column, { decimalComma, decimal }, { table, file });
    return declaredVariable(column, declaration, { table, file });
  };
  const first = table.columns.map((column) => find(column));
  // Where one column has decimal commas for sure, those that could have them do.
  const decimalComma = decimal === undefined && first.some(({ variable }) => variable.numberFormat?.decimal === ",");
  const found = !decimalComma
    ? first
    : first.map((one, j) => {
        const isOpen = one.variable.numberFormat?.thousands === ",";
        return isOpen ? find(table.columns[j] as Table["columns"][number], true) : one;
      });
  return {
    variables: found.map(({ variable }) => variable),
    table: { rows: table.rows, columns: found.map(({ column }) => column) },
    notes: found.flatMap(({ notes }) => notes),
  };
}
