import { DataError } from "@pushforward/core";

/** Where the cells of a part of a column stand. */
export interface CellPlace {
  readonly file: string;
  readonly column: string;
  /** Rows of the file before the first of the part. */
  readonly rowsBefore: number;
}

/** What is thrown where a cell holds a value that is no number and no text: an error with the place. */
export function unreadableCell({ file, column, rowsBefore }: CellPlace, i: number, cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause;
  const row = rowsBefore + i + 1;
  return new DataError(
    `${file} row ${row}, column "${column}": expected a number, a text, a date, a time or a boolean, got ${cause.message}. ` +
      "Leave the column out of the file.",
    { file, row, column },
    { cause },
  );
}
