import { DataError, type DataLocation } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { CsvTable, Table } from "@pushforward/datasets";
import type { ColumnCodes } from "./column-codes.ts";
import { isInfinity } from "./typed-column.ts";

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

const LONGEST = 40;

/** A text in quotes for a message, cut where it is long. */
export function quoteShort(text: string): string {
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text);
}

/** The first of some texts in quotes, and how many more there are. */
export function quoteSome(texts: readonly string[], most = 3): string {
  const shown = texts.slice(0, most).map(quoteShort).join(", ");
  return texts.length > most ? `${shown} and ${texts.length - most} more` : shown;
}

/** `data.csv, row 5, column "b": ` for the start of a message, as far as the place is known. */
export function tablePlace({ file, row, column }: DataLocation): string {
  const parts = [
    ...(file === undefined ? [] : [file]),
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(column === undefined ? [] : [`column "${column}"`]),
  ];
  return parts.length === 0 ? "table: " : `${parts.join(", ")}: `;
}

/** A place in a table, without what is not known. */
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
