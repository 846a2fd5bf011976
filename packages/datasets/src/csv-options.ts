import type { ColumnKind, Table } from "./table.ts";

/** How CSV text is read. */
export interface CsvOptions {
  /** What separates fields; found from the first line when omitted. */
  readonly delimiter?: "," | ";" | "\t" | "|";
  /** Whether the first line holds names; true when omitted. Without them columns are `column1`, `column2`, … */
  readonly header?: boolean;
  /** Which columns to read, in this order; all when omitted. The others may hold anything. */
  readonly columns?: readonly string[];
  /**
   * What columns hold. One that is not listed holds numbers when most of its values in the first 1,000 rows are numbers,
   * so that a typing error in a column of numbers is found and does not turn the column into text.
   */
  readonly kinds?: Readonly<Record<string, ColumnKind>>;
  /** What to do about a row with a missing value: refuse it (default), or leave it out and count it. */
  readonly missing?: "error" | "drop";
  /** What a missing value looks like; empty, NA, N/A, NaN, nan, null, NULL, None when omitted. */
  readonly missingValues?: readonly string[];
  /** Name of the file, for messages. */
  readonly file?: string;
  /** Longest record in characters; a longer one is refused, which bounds memory. 16,777,216 when omitted. */
  readonly maxRecordLength?: number;
}

/** A table that was read from CSV. */
export interface CsvTable extends Table {
  /** Number of rows left out because a value was missing. */
  readonly dropped: number;
}

/** What a missing value looks like unless the caller says otherwise. */
export const MISSING_VALUES: readonly string[] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"];
