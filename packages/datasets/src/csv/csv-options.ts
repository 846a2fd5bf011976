import type { ColumnKind, Table } from "../tables.ts";
import type { Delimiter } from "./missing-markers.ts";

/** Encodings that can be named. `windows-1252` has Latin-1 in it; where it is named, any bytes are text of it. */
export type TextEncoding = "utf-8" | "windows-1252";

/** Encodings that are read. */
export type FileEncoding = TextEncoding | "utf-16le" | "utf-16be";

/** How CSV text is read. */
export interface CsvOptions {
  /** What separates fields. Default: found from the first lines. */
  readonly delimiter?: Delimiter | undefined;
  /** What separates the digits of a fraction. Default: a point. */
  readonly decimal?: "." | "," | undefined;
  /**
   * Whether the first line holds names. When omitted it must, and is refused when it looks like a row of numbers; `true`
   * takes it as names whatever it holds. Without names columns are `column1`, `column2`, …
   */
  readonly header?: boolean | undefined;
  /** Which columns to read, in this order. Default: all. The others may hold anything. */
  readonly columns?: readonly string[];
  /**
   * What becomes of the columns that `columns` does not name: they are left out (default), or kept as the text that
   * stands in the file. Then all columns come in the order of the file.
   */
  readonly others?: "leave" | "keep";
  /**
   * What columns hold. One that is not listed holds numbers when most of its values in the first 1,000 rows are numbers,
   * so that a typing error in a column of numbers is found and does not turn the column into text. `"text"` keeps all
   * columns as the text that stands in the file.
   */
  readonly kinds?: Readonly<Record<string, ColumnKind>> | "text";
  /**
   * What to do about a row with a missing value in one of the `columns`: refuse it (default), leave it out and count it,
   * or keep it, with NaN for a number and a mark for a text.
   */
  readonly missing?: "error" | "drop" | "keep";
  /** What marks a missing value. Default: empty, NA, N/A, NaN, nan, null, NULL, None. */
  readonly missingValues?: readonly string[] | undefined;
  /**
   * How bytes are characters. Default: found from the bytes. UTF-16 where the first ones say so; otherwise UTF-8, or
   * Windows-1252 where the first character that is not ASCII is no UTF-8. {@link CsvTable.encoding} says which.
   */
  readonly encoding?: TextEncoding | undefined;
  /** Name of the file, for messages. */
  readonly file?: string;
  /**
   * Number of characters from which delimiter, header and kinds are found. A stream whose rows come one by one says fewer, so
   * that the first ones are not held back. Default: 262,144.
   */
  readonly sampleLength?: number | undefined;
  /** Maximum length of a record in characters; a longer one is refused, which bounds memory. Default: 16,777,216. */
  readonly maxRecordLength?: number;
}

/** A table that was read from CSV. */
export interface CsvTable extends Table {
  /** Number of rows left out because a value was missing. */
  readonly dropped: number;
  /** How many of these rows lack a value of each column; a row counts for each of its missing values. */
  readonly droppedBy: ReadonlyMap<string, number>;
  /** The number of each row in the file, from 1; rows that were left out make gaps. */
  readonly rowNumbers: Float64Array;
  /**
   * The encoding of the bytes, as far as those up to the end of this table tell: Windows-1252 where they are no UTF-8.
   * Undefined for text.
   */
  readonly encoding?: FileEncoding;
}

/** What a missing value looks like unless the caller says otherwise. */
export const MISSING_VALUES: readonly string[] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"];
