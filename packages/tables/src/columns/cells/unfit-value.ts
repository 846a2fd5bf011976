import { DataError, mention } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { rowNumber } from "../../row-number.ts";
import { tableLocation, tablePlace } from "../../table-place.ts";
import type { ColumnCodes } from "./column-codes.ts";
import { quoteShort } from "./quote-short.ts";

/** Where a column comes from, for messages. */
export interface ColumnSource {
  readonly table: Table;
  /** Name of the file. */
  readonly file?: string | undefined;
}

/** The error about the first value of a column that is not what it was declared to be. */
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
