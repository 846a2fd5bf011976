import { OptionError } from "@pushforward/core";
import type { Column, Table, TextColumn } from "@pushforward/datasets";
import { isInfinity } from "../cells/missing-markers.ts";
import { compileDateFormat } from "../dates/date-format.ts";
import { isInDomain, roundInDomain } from "../numbers/number-domain.ts";
import { writeNumber } from "../numbers/number-format.ts";
import { isNumericVariable, type TypedTable, type Variable, variableDomain } from "./variable.ts";

/** What marks a missing cell in new rows: never infinity, which is no text of a missing value to other readers. */
function markerOf(markers: readonly string[]): string {
  return markers.find((text) => !isInfinity(text)) ?? "";
}

/** What writes the values of a variable as its file has them; NaN and undefined are missing. */
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

/** A typed table as texts, as the file had them; `formatCsv` makes CSV of it. */
export function writeVariables({ variables, table }: TypedTable): Table {
  const columns = variables.map((variable, j): TextColumn => {
    const column = table.columns[j] as Column;
    return column.kind === "number" ? writeNumbers(variable, column) : markMissing(variable, column);
  });
  return { rows: table.rows, columns };
}

/** Missing cells as the file marks them, also those that a model has drawn. */
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
