import { DataError, type DataLocation } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { Column, CsvTable, NumberColumn, Table, TextColumn } from "@pushforward/datasets";

/** A column as codes: its distinct texts, and the index of each row. */
export interface ColumnCodes {
  readonly name: string;
  /** The different texts, in order of appearance. */
  readonly texts: readonly string[];
  /** Number of rows of each text. */
  readonly counts: readonly number[];
  /** The first row of each text, from 0. */
  readonly firstRows: readonly number[];
  /** Text index of each row; −1 for a missing value. */
  readonly codes: Int32Array;
  /** Markers of missing values, with their number of rows. */
  readonly missing: ReadonlyMap<string, number>;
}

/** The code of a row without a value. */
export const MISSING_CODE = -1;

/** A column of text or numbers as codes. Empty cells and NaN are missing. */
export function columnCodes(column: Column): ColumnCodes {
  return column.kind === "number" ? codeNumbers(column.name, column.values) : codeTexts(column);
}

function codeTexts(column: Extract<Column, { kind: "text" }>): ColumnCodes {
  const { name, values, missing } = column;
  const coder = new Coder<string>(values.length);
  const markers = new Map<string, number>();
  for (let row = 0; row < values.length; row++) {
    const text = values[row] as string;
    if (missing?.has(row) || text.trim() === "") {
      markers.set(text, (markers.get(text) ?? 0) + 1);
      coder.codes[row] = MISSING_CODE;
    } else coder.add(text, row);
  }
  return {
    name,
    texts: coder.values,
    counts: coder.counts,
    firstRows: coder.firstRows,
    codes: coder.codes,
    missing: markers,
  };
}

function codeNumbers(name: string, values: Float64Array): ColumnCodes {
  const coder = new Coder<number>(values.length);
  let missing = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) {
      missing++;
      coder.codes[row] = MISSING_CODE;
    } else coder.add(value, row);
  }
  return {
    name,
    texts: coder.values.map(String),
    counts: coder.counts,
    firstRows: coder.firstRows,
    codes: coder.codes,
    missing: new Map(missing > 0 ? [["", missing]] : []),
  };
}

class Coder<T> {
  readonly values: T[] = [];
  readonly counts: number[] = [];
  readonly firstRows: number[] = [];
  readonly codes: Int32Array;
  private readonly places: Map<T, number> = new Map();

  constructor(rows: number) {
    this.codes = new Int32Array(rows);
  }

  add(value: T, row: number): void {
    let code = this.places.get(value);
    if (code === undefined) {
      code = this.values.length;
      this.places.set(value, code);
      this.values.push(value);
      this.counts.push(0);
      this.firstRows.push(row);
    }
    this.counts[code] = (this.counts[code] as number) + 1;
    this.codes[row] = code;
  }
}

/** Number of rows that have a value. */
export function presentRows({ counts }: ColumnCodes): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A column in which some texts count as missing. */
export function dropTexts(column: ColumnCodes, isDropped: (text: string) => boolean): ColumnCodes {
  const { name, texts, counts, firstRows } = column;
  const missing = new Map(column.missing);
  const kept: number[] = [];
  const newCodes = texts.map((text, code) => {
    if (!isDropped(text)) return kept.push(code) - 1;
    missing.set(text, (missing.get(text) ?? 0) + (counts[code] as number));
    return MISSING_CODE;
  });
  const pick = <T>(list: readonly T[]): T[] => kept.map((code) => list[code] as T);
  const codes = column.codes.map((code) => (code === MISSING_CODE ? MISSING_CODE : (newCodes[code] as number)));
  return { name, texts: pick(texts), counts: pick(counts), firstRows: pick(firstRows), codes, missing };
}

/** The numbers of a column from its texts; NaN for missing ones. */
export function toNumbers({ name, codes }: ColumnCodes, codeValues: Float64Array): NumberColumn {
  const values = new Float64Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    values[row] = code === MISSING_CODE ? Number.NaN : (codeValues[code] as number);
  }
  return { name, kind: "number", values };
}

/** A column as text, with the rows that have no value. */
export function toTexts(column: Column, { name, codes, texts }: ColumnCodes): TextColumn {
  const missing = new Set<number>();
  for (let row = 0; row < codes.length; row++) if (codes[row] === MISSING_CODE) missing.add(row);
  const values =
    column.kind === "text"
      ? column.values
      : Array.from(codes, (code) => (code === MISSING_CODE ? "" : (texts[code] ?? "")));
  return { name, kind: "text", values, ...(missing.size > 0 && { missing }) };
}

// Texts that mean "no value" in a column of numbers or dates, where they can't be values. In a column of text they may be.
const SIGNS = ["?", "-", "--", "---", ".", "..", "...", "*", "\u2013", "\u2014", "\u2026", "#n/a", "<na>", "(null)"];
const MARKERS: ReadonlySet<string> = new Set([
  ...SIGNS,
  ...["na", "n/a", "n.a.", "nan", "nat", "null", "none", "nil", "missing", "unknown", "\\n"],
  ...["#value!", "#div/0!", "#ref!", "#num!", "#null!", "0000-00-00", "0000-00-00 00:00:00"],
]);

const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** Returns `true` if a text marks a missing value in a column of numbers or dates. */
export function isMissingMarker(text: string): boolean {
  return text === "" || MARKERS.has(text.toLowerCase());
}

/** Returns `true` if a text is an unambiguous missing-value marker, even in a column of words. */
export function isMissingSign(text: string): boolean {
  return SIGNS.includes(text.toLowerCase());
}

/** Returns `true` if a text is an infinite number, which has no density. */
export function isInfinity(text: string): boolean {
  return INFINITE.test(text) || Math.abs(Number(text)) === Number.POSITIVE_INFINITY;
}

/** Source of a column, for messages. */
export interface ColumnSource {
  readonly table: Table;
  /** Name of the file. */
  readonly file?: string | undefined;
}

/**
 * Refuses infinite numbers, which have no density. A file may declare that they mark missing values.
 *
 * @param codeValues the number of each text of the column.
 * @throws {DataError} a text means infinity, or a number is too large for float64.
 */
export function refuseInfiniteTexts(coded: ColumnCodes, codeValues: Float64Array, source: ColumnSource): void {
  const code = coded.texts.findIndex(
    (text, k) => isInfinity(text.trim()) || Math.abs(codeValues[k] as number) === Infinity,
  );
  if (code >= 0) throw unfitValue(coded, code, "a finite number", source);
}

/** Creates the error for the first value of a column that does not match its declaration. */
export function unfitValue(
  { name, texts, firstRows }: ColumnCodes,
  code: number,
  expected: string,
  { table, file }: ColumnSource,
): DataError {
  const text = quoteShort(texts[code] as string);
  const at = tableLocation(file, name, rowNumber(table, firstRows[code] as number));
  return new DataError(
    [
      `${tablePlace(at)}expected ${expected}, got ${text}.`,
      mention("missingValues", {
        words: `say so (missingValues: [${text}])`,
        sentence: (words) => ` If ${text} marks a missing value, ${words}.`,
      }),
    ],
    at,
  );
}

const LONGEST = 40;

/** Quotes a text for a message and truncates long texts. */
export function quoteShort(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text);
}

/** Quotes the first of several texts and counts the rest. */
export function quoteSome(texts: readonly string[], most = 3): string {
  const shown = texts.slice(0, most).map(quoteShort).join(", ");
  return texts.length > most ? `${shown} and ${texts.length - most} more` : shown;
}

/** Returns the start of a message, `data.csv, row 5, column "b": `, with the known parts of the place. */
export function tablePlace({ file, row, column }: DataLocation): string {
  const parts = [
    ...(file === undefined ? [] : [file]),
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(column === undefined ? [] : [`column "${column}"`]),
  ];
  return parts.length === 0 ? "table: " : `${parts.join(", ")}: `;
}

/** A place in a table, without unknown parts. */
export function tableLocation(file: string | undefined, column?: string, row?: number): DataLocation {
  return {
    ...(file !== undefined && { file }),
    ...(column !== undefined && { column }),
    ...(row !== undefined && { row }),
  };
}

/** The number of a row in the file of its table, from 1: rows of the file that were left out count. */
export function rowNumber(table: Table, index: number): number {
  return isCsvTable(table) ? (table.rowNumbers[index] as number) : index + 1;
}

function isCsvTable(table: Table): table is CsvTable {
  return "rowNumbers" in table;
}
