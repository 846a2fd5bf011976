import { rowNumber, tableLocation, tablePlace } from "@pushforward/columns/extend";
import { createKey, DataError, type Key, OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { pickRows, type TableRows } from "./flow/table-rows.ts";

/** The rows of a table by their purpose. */
export interface SplitRows {
  readonly train: TableRows;
  readonly validation: TableRows;
  /** Undefined when the table has no test rows. */
  readonly test?: TableRows | undefined;
}

/** How rows are split: by a column of the words train, val and test, or at random. */
export interface SplitChoice {
  /** The column that assigns each row to a part. */
  readonly column?: string | undefined;
  /** The fraction of the training rows that is held out where no column names validation rows. Default: 0.1. */
  readonly validation?: number | undefined;
  /** Decides which rows are held out. */
  readonly seed: number;
}

/**
 * Splits the rows of a table into training, validation and test rows. The same seed holds out the same rows in every
 * program.
 *
 * @param rows the rows of this table: see {@link tableRows}.
 * @param file name of the table in error messages.
 * @throws {DataError} the column contains a word other than train, val, validation or test, or too few rows are left.
 */
export function splitRows(table: Table, rows: TableRows, choice: SplitChoice, file?: string): SplitRows {
  const { train, validation, test } = splitRowIndices(table, choice, file);
  return {
    train: pickRows(rows, train),
    validation: pickRows(rows, validation),
    ...(test.length > 0 && { test: pickRows(rows, test) }),
  };
}

/** The indices of the rows that {@link splitRows} makes training, validation and test rows. Throws as it does. */
export function splitRowIndices(
  table: Table,
  choice: SplitChoice,
  file?: string,
): Readonly<Record<RowPurpose, ArrayLike<number>>> {
  const { test, ...named } = rowsByWord(table, choice.column, file);
  const { train, validation } =
    named.validation.length > 0
      ? named
      : holdOut(named.train, createKey(choice.seed).fold("split"), { fraction: choice.validation });
  if (train.length < 2 || validation.length < 1) {
    const place = tableLocation(file);
    throw new DataError(
      `${tablePlace(place)}expected at least 2 training rows and 1 validation row, got ${train.length} and ${validation.length}.`,
      place,
    );
  }
  return { train, validation, test };
}

/** Number of rows to hold out. */
export interface HoldOutOptions {
  /** The fraction of the rows that is held out. Default: 0.1. */
  readonly fraction?: number | undefined;
  /** Minimum number of held-out rows, if the table has at least twice this number of rows. Default: 10. */
  readonly least?: number | undefined;
}

/** Returns the number of rows to hold out: the fraction, but at least `least` and at most half of the rows. */
export function holdOutCount(rows: number, { fraction = 0.1, least = 10 }: HoldOutOptions = {}): number {
  if (!(fraction > 0 && fraction <= 0.5)) {
    throw new OptionError(
      `holdOut: expected a fraction of validation rows above 0 and at most 0.5, got ${describeValue(fraction)}. Name validation rows of their own for more.`,
    );
  }
  return Math.min(Math.floor(rows / 2), Math.max(least, Math.round(fraction * rows)));
}

/** Row indices by their purpose. */
export interface HeldOut {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** Selects random rows to hold out, drawn with the key. */
export function holdOut(rows: ArrayLike<number>, key: Key, options: HoldOutOptions = {}): HeldOut {
  const order = key.permutation(rows.length).map((i) => rows[i] as number);
  const held = holdOutCount(rows.length, options);
  return { validation: order.slice(0, held), train: order.slice(held) };
}

/** Purpose of a row of a table. */
export type RowPurpose = "train" | "validation" | "test";

const PARTS: ReadonlyMap<string, RowPurpose> = new Map([
  ["train", "train"],
  ["val", "validation"],
  ["validation", "validation"],
  ["test", "test"],
]);

/**
 * Groups the row indices of a table by the words train, val and test of a column. Without a column name all rows are
 * training rows.
 *
 * @throws {DataError} the column does not exist, or contains a different word.
 */
export function rowsByWord(table: Table, name?: string, file?: string): Record<RowPurpose, number[]> {
  const parts: Record<RowPurpose, number[]> = { train: [], validation: [], test: [] };
  const column = table.columns.find((c) => c.name === name);
  if (name !== undefined && column === undefined) {
    throw new DataError(
      `${tablePlace(tableLocation(file))}expected a split column "${name}", got none.`,
      tableLocation(file, name),
    );
  }
  for (let i = 0; i < table.rows; i++) {
    const word = column === undefined ? "train" : String(column.values[i]);
    const part = PARTS.get(word);
    if (part === undefined) {
      const at = tableLocation(file, name, rowNumber(table, i));
      throw new DataError(`${tablePlace(at)}expected train, val or test, got "${word}".`, at);
    }
    parts[part].push(i);
  }
  return parts;
}
