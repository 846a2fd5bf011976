import { open } from "node:fs/promises";
import { OptionError, SaveError } from "@pushforward/core";
import { checkOptions, type OptionNames } from "@pushforward/core/extend";
import { replaceFile } from "@pushforward/core/node";
import { type Table, takeTableRows } from "../tables.ts";
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
  readonly delimiter?: "," | ";" | "\t" | "|" | undefined;
  /** Decimal mark of numbers; texts stay unchanged. Default: a point. */
  readonly decimal?: "." | "," | undefined;
  /** True to write column names in the first line. Default: true. */
  readonly header?: boolean;
  /**
   * True to prefix an apostrophe to names and texts that a spreadsheet would run as a formula. This changes these texts
   * for all other readers. Default: false.
   */
  readonly escapeFormulas?: boolean;
  /** Missing-value markers of the reader. A text equal to a marker is quoted. Default: the markers of `parseCsv`. */
  readonly missingValues?: readonly string[] | undefined;
}

const OPTIONS: OptionNames<FormatCsvOptions> = {
  ...{ delimiter: true, decimal: true, header: true, escapeFormulas: true, missingValues: true },
};

/**
 * Formats a table as CSV with `\n` line breaks. Numbers are the shortest that read back to the same float64, −0
 * included. NaN is written as `NaN`. Text is quoted if reading would otherwise change it. A missing text is not quoted.
 * @example
 * formatCsv(penguins());
 */
export function formatCsv(source: Table, options: FormatCsvOptions = {}): string {
  checkOptions("formatCsv", options, OPTIONS);
  const { delimiter = ",", decimal = ".", header = true, escapeFormulas = false } = options;
  if (decimal === delimiter)
    throw new OptionError(`formatCsv: expected a decimal mark other than the delimiter, got "${decimal}".`);
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
      if (column.kind === "number") line += formatNumber(column.values[i] as number, decimal);
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
 * Returns `true` if a spreadsheet may run a text as a formula: it begins with `=`, `+`, `-`, `@`, a tab or a line end,
 * and is not a number. Numbers may have a currency sign, a percent sign, a unit, and digit separators.
 * @example
 * isFormula("=1+1"); // → true
 * ["-5", "-0,074", "-$418"].map(isFormula); // → [false, false, false]
 */
export function isFormula(text: string): boolean {
  return /^\s*[=+\-@]|^[\t\r\n]/.test(text) && !SIGNED_NUMBER.test(text.trim());
}

function formatNumber(value: number, decimal: "." | ","): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return decimal === "." ? text : text.replace(".", decimal);
}

function quoteText(text: string, delimiter: string, markers: ReadonlySet<string>): string {
  const safe = !text.includes(delimiter) && !/["\r\n\uFEFF]|^\s|\s$/.test(text) && !markers.has(text);
  return safe ? text : `"${text.replaceAll('"', '""')}"`;
}

/** File extensions of formats other than CSV. */
const OTHER_FORMATS = /\.(?:gz|zst|zip|xlsx?|parquet|pq|arrow|feather|ipc|jsonl?|ndjson|npy|npz|sqlite|db)$/i;

/** Rows that are turned into text at once. */
const BLOCK_ROWS = 8192;

/**
 * Writes a table, or a stream of tables (all with the same columns), as one CSV file. The file appears only when it is
 * complete, and replaces an older file.
 *
 * @throws {OptionError} the name has the extension of a different format or of a compressed file.
 * @throws {SaveError} the file cannot be written; an existing file is untouched.
 * @example
 * await writeCsv("penguins.csv", penguins());
 */
export async function writeCsv(
  path: string,
  source: Table | AsyncIterable<Table>,
  options: FormatCsvOptions = {},
): Promise<void> {
  checkOptions("writeCsv", options, OPTIONS);
  const [end] = OTHER_FORMATS.exec(path) ?? [];
  if (end !== undefined) {
    throw new OptionError(
      `writeCsv: expected the name of a CSV file (.csv, .tsv, .txt), got ${end}. writeTable of @pushforward/files writes other formats.`,
    );
  }
  await replaceFile("writeCsv", path, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      let header = options.header ?? true;
      let names: string | undefined;
      for await (const table of "columns" in source ? [source] : source) {
        const found = JSON.stringify(table.columns.map(({ name }) => name));
        names ??= found;
        if (found !== names)
          throw new SaveError(`writeCsv: expected the columns ${names} in every table, got ${found}.`);
        for (const block of blocks(table)) {
          // Unlike `write`, it goes on where a part was written, and so finds a disk that is full.
          await file.appendFile(formatCsv(block, { ...options, header }));
          header = false;
        }
      }
    } finally {
      await file.close();
    }
  });
}

function* blocks(table: Table): Generator<Table> {
  if (table.rows <= BLOCK_ROWS) {
    yield table;
    return;
  }
  for (let from = 0; from < table.rows; from += BLOCK_ROWS) {
    const length = Math.min(BLOCK_ROWS, table.rows - from);
    yield takeTableRows(
      table,
      Int32Array.from({ length }, (_, i) => from + i),
    );
  }
}
