import { DataError, mention } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { rowNumber } from "../../row-number.ts";
import { tableLocation, tablePlace } from "../../table-place.ts";
import type { ColumnCodes } from "./column-codes.ts";
import { isInfinity } from "./missing-markers.ts";
import { quoteShort } from "./quote-short.ts";

/** Where a column comes from, for messages. */
export interface ColumnSource {
  readonly table: Table;
  /** Name of the file. */
  readonly file?: string | undefined;
}

/**
 * Refuses infinite numbers, which have no density. A file may declare that they mark missing values.
 *
 * @param codeValues the number of each text of the column.
 * @throws {DataError} a text says infinity, or a number is too large for float64.
 */
export function refuseInfiniteTexts(coded: ColumnCodes, codeValues: Float64Array, source: ColumnSource): void {
  const code = coded.texts.findIndex(
    (text, k) => isInfinity(text.trim()) || Math.abs(codeValues[k] as number) === Infinity,
  );
  if (code >= 0) throw unfitValue(coded, code, "a finite number", source);
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
