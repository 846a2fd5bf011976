import { DataError, OptionError } from "@pushforward/core";
import { type Column, listNames, type Table } from "@pushforward/datasets";
import { tableLocation, tablePlace } from "../table-place.ts";
import { type ColumnCodes, columnCodes, dropTexts } from "./column-codes.ts";
import { compileDateFormat } from "./date-format.ts";
import { isInfinity, isMissingMarker } from "./missing-markers.ts";
import { numberReader } from "./number-format.ts";
import { toNumbers, toTexts } from "./typed-column.ts";
import { unfitValue } from "./unfit-value.ts";
import { isNumericVariable, type TypedTable, type Variable } from "./variable.ts";

/** Options of {@link readVariables}. */
export interface ReadVariablesOptions {
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
}

/**
 * Reads a table whose variables are known, for instance from a model file. The result has the columns of the variables, in
 * their order; the table may have others.
 *
 * @throws {DataError} a column is missing, or a value does not fit its kind; the message names its row.
 * @example
 * const { variables } = findVariables(parseCsv("mass\n1.5\n2.5\n", { kinds: "text", missing: "keep" }));
 * const fresh = parseCsv("mass,note\n3,new\n", { kinds: "text", missing: "keep" });
 * readVariables(fresh, variables).table.columns.length; // → 1
 */
export function readVariables(
  table: Table,
  variables: readonly Variable[],
  { file }: ReadVariablesOptions = {},
): TypedTable {
  const places = new Map(table.columns.map((column) => [column.name, column]));
  const columns = variables.map((variable): Column => {
    const column = places.get(variable.name);
    if (column !== undefined) return readVariable(column, variable, file);
    const at = tableLocation(file, variable.name);
    const names = listNames([...places.keys()]);
    throw new DataError(
      `${tablePlace(tableLocation(file))}expected a column "${variable.name}", got the columns ${names}.`,
      at,
    );
  });
  return { variables, table: { rows: table.rows, columns } };
}

function readVariable(column: Column, variable: Variable, file: string | undefined): Column {
  const coded = columnCodes(column);
  if (variable.kind === "boolean") return toTexts(column, flagsOf(coded, variable, file));
  if (!isNumericVariable(variable)) return toTexts(column, coded);
  if (column.kind === "number" && column.values.every(Number.isFinite)) return column;
  return toNumbers(coded, valuesOf(coded, column, variable, file));
}

/** The words of a boolean; what else marked missing values in its file does so here. */
function flagsOf(coded: ColumnCodes, { words, missing = [] }: Variable, file: string | undefined): ColumnCodes {
  // A declared boolean of a single value has no words.
  if (words === undefined) return coded;
  const isWord = (text: string): boolean => words.includes(text);
  const isMissing = (text: string): boolean => missing.includes(text.trim()) || isMissingMarker(text.trim());
  const other = coded.texts.findIndex((text) => !isWord(text) && !isMissing(text));
  if (other >= 0) throw unfitValue(coded, other, `one of ${words.join(", ")}`, file);
  return dropTexts(coded, (text) => !isWord(text));
}

function valuesOf(coded: ColumnCodes, column: Column, variable: Variable, file: string | undefined): Float64Array {
  // Numbers that come as such need no format: dates are seconds then.
  const read = column.kind === "number" ? Number : readerOf(variable);
  const markers = new Set(variable.missing);
  return Float64Array.from(coded.texts, (raw, code) => {
    const text = raw.trim();
    if (markers.has(text)) return Number.NaN;
    const value = read(text);
    if (Number.isFinite(value)) return value;
    if (isMissingMarker(text) || isInfinity(text) || !Number.isNaN(value)) return Number.NaN;
    throw unfitValue(coded, code, expectation(variable), file);
  });
}

function expectation({ kind, format }: Variable): string {
  return kind === "date" ? `a date (${format})` : "a number";
}

/** What reads a cell of a column of numbers or dates. */
function readerOf({ name, kind, format = "", numberFormat = {} }: Variable): (text: string) => number {
  if (kind !== "date") return numberReader(numberFormat);
  const dates = compileDateFormat(format);
  if (dates === undefined)
    throw new OptionError(`variable "${name}": expected a format of dates, got ${JSON.stringify(format)}.`);
  return dates.read;
}
