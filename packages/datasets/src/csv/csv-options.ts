import type { ColumnKind, Table } from "../tables.ts";
import type { Delimiter } from "./missing-markers.ts";

/** Supported encodings. `windows-1252` includes Latin-1; if selected, all bytes are valid text. */
export type TextEncoding = "utf-8" | "windows-1252";

/** Encodings that are read. */
export type FileEncoding = TextEncoding | "utf-16le" | "utf-16be";

/** How CSV text is read. */
export interface CsvOptions {
  /** Delimiter. Default: detected from the first lines. */
  readonly delimiter?: Delimiter | undefined;
  /** Decimal separator. Default: a point. */
  readonly decimal?: "." | "," | undefined;
  /**
   * True if the first line contains column names, false if it is data. By default it must contain names, and a row of
   * numbers is an error; `true` accepts any line as names. Without names, columns are `column1`, `column2`, …
   */
  readonly header?: boolean | undefined;
  /** Columns to read, in this order. Default: all. Unread columns may contain anything. */
  readonly columns?: readonly string[];
  /**
   * Columns missing in `columns`: dropped (default), or kept as raw text, in the order of the file.
   */
  readonly others?: "leave" | "keep";
  /**
   * Column kinds. An unlisted column is numeric if most of its first 1,000 values are numbers, so that a typo in a numeric
   * column is an error and does not make the column text. `"text"` keeps all columns as raw text.
   */
  readonly kinds?: Readonly<Record<string, ColumnKind>> | "text";
  /**
   * Rows with a missing value in the `columns`: an error (default), dropped and counted, or kept, with NaN for a number
   * and a mark for a text.
   */
  readonly missing?: "error" | "drop" | "keep";
  /** Markers of missing values. Default: empty, NA, N/A, NaN, nan, null, NULL, None. */
  readonly missingValues?: readonly string[] | undefined;
  /**
   * Encoding. Default: detected: UTF-16 with a byte order mark; otherwise UTF-8, or Windows-1252 if the first non-ASCII
   * character is invalid UTF-8. {@link CsvTable.encoding} is the result.
   */
  readonly encoding?: TextEncoding | undefined;
  /** Name of the file, for messages. */
  readonly file?: string;
  /**
   * Number of characters for the detection of delimiter, header and kinds. Streams with slow rows use a smaller number, to
   * avoid delay. Default: 262,144.
   */
  readonly sampleLength?: number | undefined;
  /** Maximum length of a record in characters; a longer one is refused, which bounds memory. Default: 16,777,216. */
  readonly maxRecordLength?: number;
}

/** A table that was read from CSV. */
export interface CsvTable extends Table {
  /** Number of rows left out because a value was missing. */
  readonly dropped: number;
  /** Number of these rows with a missing value, per column; a row counts once per missing value. */
  readonly droppedBy: ReadonlyMap<string, number>;
  /** The number of each row in the file, from 1; rows that were left out make gaps. */
  readonly rowNumbers: Float64Array;
  /**
   * The encoding of the bytes up to the end of this table: Windows-1252 if the bytes are not UTF-8. Undefined for text.
   */
  readonly encoding?: FileEncoding;
}

/** Default markers of missing values. */
export const MISSING_VALUES: readonly string[] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"];
