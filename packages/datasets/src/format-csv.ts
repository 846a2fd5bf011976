import { OptionError } from "@pushforward/core";
import { MISSING_VALUES } from "./csv-options.ts";
import type { Table } from "./table.ts";

/** Options of {@link formatCsv}. */
export interface FormatCsvOptions {
  /** A comma when omitted. */
  readonly delimiter?: "," | ";" | "\t" | "|";
  /** Whether the first line holds the names; true when omitted. */
  readonly header?: boolean;
}

/**
 * A table as CSV with `\n` line ends. Numbers are the shortest that read back to the same float64, −0 included; NaN is
 * written as `NaN`. Text is quoted where reading would otherwise change it.
 *
 * @example
 * formatCsv(penguins());
 */
export function formatCsv(source: Table, options: FormatCsvOptions = {}): string {
  const { delimiter = ",", header = true } = options;
  if (source.columns.length === 0) throw new OptionError("formatCsv: expected a table with columns, got none.");
  const lines: string[] = [];
  if (header) lines.push(source.columns.map(({ name }) => quoteText(name, delimiter)).join(delimiter));
  for (let i = 0; i < source.rows; i++) {
    let line = "";
    for (const [j, { kind, values }] of source.columns.entries()) {
      if (j > 0) line += delimiter;
      line += kind === "number" ? formatNumber(values[i] as number) : quoteText(values[i] as string, delimiter);
    }
    lines.push(line);
  }
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function formatNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function quoteText(text: string, delimiter: string): string {
  const safe = !text.includes(delimiter) && !/["\r\n\uFEFF]|^\s|\s$/.test(text) && !MISSING_VALUES.includes(text);
  return safe ? text : `"${text.replaceAll('"', '""')}"`;
}
