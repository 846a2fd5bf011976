import { DataError, mention } from "@pushforward/core";
import { tableLocation, tablePlace } from "../table-place.ts";
import type { ColumnCodes } from "./column-codes.ts";
import { quoteShort } from "./quote-short.ts";

/** The error about the first value of a column that is not what it was declared to be. */
export function unfitValue(
  { name, texts, firstRows }: ColumnCodes,
  code: number,
  expected: string,
  file?: string,
): DataError {
  const text = quoteShort(texts[code] as string);
  const at = tableLocation(file, name, (firstRows[code] as number) + 1);
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
