import { DataError, OptionError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { listNames, MissingMarkers } from "@pushforward/datasets/extend";
import { type ColumnSource, tableLocation, tablePlace, unfitValue } from "../cells/cell-errors.ts";
import { type ColumnCodes, columnCodes, dropTexts } from "../cells/column-codes.ts";
import { isInfinity, isMissingMarker, toNumbers, toTexts } from "../cells/typed-column.ts";
import { compileDateFormat } from "../dates/date-format.ts";
import { domainWords, isInDomain, wrapNumber } from "../numbers/number-domain.ts";
import { numberReader } from "../numbers/number-format.ts";
import { isNumericVariable, type TypedTable, type Variable, variableDomain } from "./variable.ts";

/** Options of {@link readVariables}. */
export interface ReadVariablesOptions {
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
}

/**
 * Reads a table whose variables are known, for instance from a model file. The result has the columns of the variables, in
 * their order; the table may have others.
 *
 * @throws {DataError} a column is missing, or a value does not fit its kind or is infinite; the message names its row.
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
    if (column !== undefined) return readVariable(column, variable, { table, file });
    const at = tableLocation(file, variable.name);
    const names = listNames([...places.keys()]);
    throw new DataError(
      `${tablePlace(tableLocation(file))}expected a column "${variable.name}", got the columns ${names}.`,
      at,
    );
  });
  return { variables, table: { rows: table.rows, columns } };
}

function readVariable(column: Column, variable: Variable, source: ColumnSource): Column {
  const coded = columnCodes(column);
  if (variable.kind === "boolean") return toTexts(column, flagsOf(coded, variable, source));
  if (!isNumericVariable(variable)) return toTexts(column, withoutMarkers(coded, variable));
  const domain = variableDomain(variable);
  const isPlain = column.kind === "number" && !new MissingMarkers(variable.missing ?? []).hasNumbers;
  if (isPlain && column.values.every((x) => Number.isFinite(x) && isInDomain(x, domain))) return column;
  return toNumbers(coded, valuesOf(coded, column, variable, source));
}

/** A column of text in which what marked missing values in its file does so. */
function withoutMarkers(coded: ColumnCodes, { missing = [] }: Variable): ColumnCodes {
  const markers = new MissingMarkers(missing);
  return coded.texts.some((text) => markers.has(text)) ? dropTexts(coded, (text) => markers.has(text)) : coded;
}

/** The words of a boolean; what else marked missing values in its file does so here. */
function flagsOf(coded: ColumnCodes, { words, missing = [] }: Variable, source: ColumnSource): ColumnCodes {
  // A declared boolean of a single value has no words.
  if (words === undefined) return coded;
  const isWord = (text: string): boolean => words.includes(text);
  const isMissing = (text: string): boolean => missing.includes(text.trim()) || isMissingMarker(text.trim());
  const other = coded.texts.findIndex((text) => !isWord(text) && !isMissing(text));
  if (other >= 0) throw unfitValue(coded, other, `one of ${words.join(", ")}`, source);
  return dropTexts(coded, (text) => !isWord(text));
}

function valuesOf(coded: ColumnCodes, column: Column, variable: Variable, source: ColumnSource): Float64Array {
  // Numbers that come as such need no format: dates are seconds then.
  const read = column.kind === "number" ? Number : readerOf(variable);
  const markers = new MissingMarkers(variable.missing ?? []);
  const isMarker = (value: number): boolean => variable.kind !== "date" && markers.hasNumber(value);
  const domain = variableDomain(variable);
  const decimals = variable.numberFormat?.decimals;
  const wrap = (value: number): number => (domain?.isCircular ? wrapNumber(value, domain, decimals) : value);
  return Float64Array.from(coded.texts, (raw, code) => {
    const text = raw.trim();
    if (markers.has(text)) return Number.NaN;
    const number = read(text);
    // A marker that is a number is one however the file writes it.
    if (isMarker(number)) return Number.NaN;
    const value = wrap(number);
    if (Number.isFinite(value)) {
      if (isInDomain(value, domain)) return value;
      throw unfitValue(coded, code, expectation(variable), source);
    }
    if (isInfinity(text) || !Number.isNaN(value)) throw unfitValue(coded, code, "a finite number", source);
    if (isMissingMarker(text)) return Number.NaN;
    throw unfitValue(coded, code, expectation(variable), source);
  });
}

function expectation(variable: Variable): string {
  const domain = variableDomain(variable);
  if (domain !== undefined && !domain.isCircular) return domainWords(domain);
  return variable.kind === "date" ? `a date (${variable.format})` : "a number";
}

/** What reads a cell of a column of numbers or dates. */
function readerOf({ name, kind, format = "", numberFormat = {} }: Variable): (text: string) => number {
  if (kind !== "date") return numberReader(numberFormat);
  const dates = compileDateFormat(format);
  if (dates === undefined)
    throw new OptionError(`variable "${name}": expected a format of dates, got ${JSON.stringify(format)}.`);
  return dates.read;
}
