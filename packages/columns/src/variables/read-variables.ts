import { DataError, OptionError } from "@pushforward/core";
import type { Column, Table, TextColumn } from "@pushforward/datasets";
import { listNames, MissingMarkers } from "@pushforward/datasets/extend";
import {
  type ColumnCodes,
  type ColumnSource,
  columnCodes,
  dropTexts,
  isInfinity,
  isMissingMarker,
  tableLocation,
  tablePlace,
  toNumbers,
  toTexts,
  unfitValue,
} from "../cells.ts";
import { compileDateFormat } from "../dates/date-format.ts";
import { domainWords, isInDomain, roundInDomain, wrapNumber } from "../numbers/number-domain.ts";
import { numberReader, writeNumber } from "../numbers/number-format.ts";
import { isNumberKind, isNumericVariable, type TypedTable, type Variable, variableDomain } from "./variable.ts";

/** Options of {@link readVariables}. */
export interface ReadVariablesOptions {
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
}

/**
 * Reads a table with known variables, for instance from a model file. The result has the columns of the variables, in
 * their order. The table may have additional columns.
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

/** Text column in which the missing-value markers of its original file are missing cells. */
function withoutMarkers(coded: ColumnCodes, { missing = [] }: Variable): ColumnCodes {
  const markers = new MissingMarkers(missing);
  return coded.texts.some((text) => markers.has(text)) ? dropTexts(coded, (text) => markers.has(text)) : coded;
}

/**
 * Keeps the words of a boolean column. The missing-value markers of its original file, and the usual markers, become
 * missing cells.
 */
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

/** Returns a reader for the cells of a column of numbers or dates. */
function readerOf({ name, kind, format = "", numberFormat = {} }: Variable): (text: string) => number {
  if (kind !== "date") return numberReader(numberFormat);
  const dates = compileDateFormat(format);
  if (dates === undefined)
    throw new OptionError(`variable "${name}": expected a format of dates, got ${JSON.stringify(format)}.`);
  return dates.read;
}

/**
 * Marker for missing cells in new rows. It is never infinity, because other readers do not take infinity as missing.
 */
function markerOf(markers: readonly string[]): string {
  return markers.find((text) => !isInfinity(text)) ?? "";
}

/** Creates a function that writes the values of a variable in the format of its file. NaN and undefined are missing. */
export function cellWriter(variable: Variable): (value: number | string | undefined) => string {
  const { name, kind, format = "", numberFormat, missing = [] } = variable;
  const marker = markerOf(missing);
  if (!isNumericVariable(variable)) return (value) => (value === undefined ? marker : String(value));
  const dates = kind === "date" ? compileDateFormat(format) : undefined;
  if (kind === "date" && dates === undefined) {
    throw new OptionError(`variable "${name}": expected a format of dates, got ${JSON.stringify(format)}.`);
  }
  const domain = variableDomain(variable);
  const { decimals } = numberFormat ?? {};
  return (value) => {
    if (value === undefined || Number.isNaN(value)) return marker;
    if (typeof value === "string") return value;
    if (dates !== undefined) return dates.write(value);
    const isRounded = domain !== undefined && decimals !== undefined && isInDomain(value, domain);
    return writeNumber(isRounded ? roundInDomain(value, domain, decimals) : value, numberFormat);
  };
}

/**
 * A value as the file of a variable has it: decimals, currency sign, format of dates, words of a boolean. NaN and undefined
 * become the text that marks a missing value there.
 *
 * @example
 * const table = parseCsv("price\n$1.50\n$2.00\n", { kinds: "text", missing: "keep" });
 * findVariables(table).variables.map((price) => writeCell(price, 1200)); // → ["$1200.00"]
 */
export function writeCell(variable: Variable, value: number | string | undefined): string {
  return cellWriter(variable)(value);
}

/** Converts a typed table to texts in the format of the file. `formatCsv` turns the result into CSV. */
export function writeVariables({ variables, table }: TypedTable): Table {
  const columns = variables.map((variable, j): TextColumn => {
    const column = table.columns[j] as Column;
    return column.kind === "number" ? writeNumbers(variable, column) : markMissing(variable, column);
  });
  return { rows: table.rows, columns };
}

/** Writes missing cells with the marker of the file, including missing cells drawn by a model. */
function markMissing({ missing: markers = [] }: Variable, column: TextColumn): TextColumn {
  const { missing } = column;
  if (missing === undefined) return column;
  const marker = markerOf(markers);
  const mark = (text: string): string => (markers.includes(text.trim()) ? text : marker);
  return { ...column, values: column.values.map((text, row) => (missing.has(row) ? mark(text) : text)) };
}

function writeNumbers(variable: Variable, { name, values }: Extract<Column, { kind: "number" }>): TextColumn {
  const write = cellWriter(variable);
  const missing = new Set<number>();
  values.forEach((value, row) => {
    if (Number.isNaN(value)) missing.add(row);
  });
  return { name, kind: "text", values: Array.from(values, write), ...(missing.size > 0 && { missing }) };
}

/**
 * SQL types of the columns in typed files: the type in the source file, or else the default type of the kind. Texts
 * have none.
 * @example
 * const csv = "n,when\n1,2024-01-31\n2,2024-02-29\n1,2024-03-31\n2,2024-04-30\n";
 * const { variables } = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }));
 * [...writtenTypes(variables).values()]; // → ["BIGINT", "DATE"]
 */
export function writtenTypes(variables: readonly Variable[]): ReadonlyMap<string, string> {
  return new Map(
    variables.flatMap((variable) => {
      const type = variable.type ?? typeOfKind(variable);
      return type === undefined ? [] : [[variable.name, type] as const];
    }),
  );
}

function typeOfKind(variable: Variable): string | undefined {
  const { kind, words, format = "", numberFormat } = variable;
  if (kind === "date") return typeOfDates(format);
  if (kind === "integer" || (isNumberKind(kind) && numberFormat?.decimals === 0)) return "BIGINT";
  if (isNumberKind(kind)) return "DOUBLE";
  const isPlain = words?.map((word) => word.toLowerCase()).join() === "false,true";
  return kind === "boolean" && isPlain ? "BOOLEAN" : undefined;
}

/** SQL type of a strftime format. Undefined for formats that are not a full date or time, such as a month. */
function typeOfDates(format: string): string | undefined {
  const has = (...directives: readonly string[]): boolean => directives.some((one) => format.includes(`%${one}`));
  const isDay = has("F", "D", "x") || (has("Y", "y") && (has("j") || (has("m", "b", "B") && has("d", "e"))));
  const isTime = has("H", "I", "T");
  if (isTime)
    return isDay ? (has("z", "Z") || format.endsWith("Z") ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP") : "TIME";
  return isDay ? "DATE" : undefined;
}

/**
 * Converts the columns of a file for typed files: numbers without their format, and dates in SQL format. Columns with a
 * type declared by the file stay unchanged.
 *
 * @param table texts as in the file; other columns stay unchanged.
 * @param dates `"sql"` writes dates as in SQL, `"file"` as in the file. Default: "sql".
 */
export function typedCells(table: Table, variables: readonly Variable[], dates: "sql" | "file" = "sql"): Table {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  return {
    rows: table.rows,
    columns: table.columns.map((column): Column => {
      const variable = byName.get(column.name);
      const type = variable && variable.type === undefined ? typeOfKind(variable) : undefined;
      if (column.kind === "number" || variable === undefined || type === undefined || type === "BOOLEAN") return column;
      if (variable.kind === "date" && dates === "file") return column;
      const [read] = readVariables({ rows: table.rows, columns: [column] }, [variable]).table.columns;
      if (read?.kind !== "number" || variable.kind !== "date") return read ?? column;
      const missing = new Set<number>();
      const values = Array.from(read.values, (seconds, row) => {
        if (!Number.isNaN(seconds)) return sqlTime(seconds, type);
        missing.add(row);
        return "";
      });
      return { name: column.name, kind: "text", values, ...(missing.size > 0 && { missing }) };
    }),
  };
}

function sqlTime(seconds: number, type: string): string {
  const [day = "", time = ""] = new Date(Math.round(seconds * 1000))
    .toISOString()
    .replace(/(\.000)?Z$/, "")
    .split("T");
  if (type === "DATE") return day;
  if (type === "TIME") return time;
  return `${day} ${time}${type === "TIMESTAMP" ? "" : "Z"}`;
}
