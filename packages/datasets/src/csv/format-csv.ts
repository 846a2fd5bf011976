import { OptionError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import type { Table } from "../table.ts";
import { MISSING_VALUES } from "./csv-options.ts";

/**
 * A number with a sign as people write it: a currency before it, or a currency, percent sign or unit after it. Letters before
 * digits would be a cell of a spreadsheet, so that a currency of letters has a space behind it.
 */
const SIGNED_NUMBER =
  /^[+-](?:[\p{L}]{0,2}\p{Sc}\s?|\p{Lu}{3}\s)?(?:\d(?:[\d.,'\u2019\s]*\d)?[.,]?|[.,]\d+)(?:[eE][+-]?\d+)?(?:\s?(?:\p{Sc}|[%\u2030])|\s?[\p{L}°µ][\p{L}°µ²³/.]{0,11})?$/u;

/** Options of {@link formatCsv}. */
export interface FormatCsvOptions {
  /** The delimiter. Default: a comma. */
  readonly delimiter?: "," | ";" | "\t" | "|";
  /** Whether the first line holds the names. Default: true. */
  readonly header?: boolean;
  /**
   * Whether names and texts that a spreadsheet would run as a formula get an apostrophe before them, which makes them
   * text there, and changes them for every other reader. Default: false.
   */
  readonly escapeFormulas?: boolean;
  /** What marks a missing value for the reader: a text that is such is quoted. Default: as `parseCsv` has it. */
  readonly missingValues?: readonly string[] | undefined;
}

/**
 * A table as CSV with `\n` line ends. Numbers are the shortest that read back to the same float64, −0 included; NaN is
 * written as `NaN`. Text is quoted where reading would otherwise change it; a missing text is not.
 *
 * @example
 * formatCsv(penguins());
 */
export function formatCsv(source: Table, options: FormatCsvOptions = {}): string {
  checkOptions("formatCsv", options, { delimiter: true, header: true, escapeFormulas: true, missingValues: true });
  const { delimiter = ",", header = true, escapeFormulas = false } = options;
  if (source.columns.length === 0) throw new OptionError("formatCsv: expected a table with columns, got none.");
  const markers = new Set(options.missingValues ?? MISSING_VALUES);
  const textOf = (text: string): string =>
    quoteText(escapeFormulas && isFormula(text) ? `'${text}` : text, delimiter, markers);
  const lines: string[] = [];
  if (header) lines.push(source.columns.map(({ name }) => textOf(name)).join(delimiter));
  for (let i = 0; i < source.rows; i++) {
    let line = "";
    for (const [j, column] of source.columns.entries()) {
      if (j > 0) line += delimiter;
      if (column.kind === "number") line += formatNumber(column.values[i] as number);
      // What stands for a missing value is safe: it was read without quotes.
      else if (column.missing?.has(i)) line += column.values[i];
      else line += textOf(column.values[i] as string);
    }
    // A lone empty field would be a blank line, which readers skip.
    lines.push(line === "" ? '""' : line);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/**
 * Whether a spreadsheet may run a text as a formula: it begins with one of `=`, `+`, `-`, `@`, a tab or a line end, and is
 * no number. Numbers may have a currency sign, a percent sign or a unit, and any separators of digits.
 *
 * @example
 * isFormula("=1+1"); // → true
 * ["-5", "-0,074", "-$418"].map(isFormula); // → [false, false, false]
 */
export function isFormula(text: string): boolean {
  return /^\s*[=+\-@]|^[\t\r\n]/.test(text) && !SIGNED_NUMBER.test(text.trim());
}

function formatNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function quoteText(text: string, delimiter: string, markers: ReadonlySet<string>): string {
  const safe = !text.includes(delimiter) && !/["\r\n\uFEFF]|^\s|\s$/.test(text) && !markers.has(text);
  return safe ? text : `"${text.replaceAll('"', '""')}"`;
}
