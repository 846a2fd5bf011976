import { createKey, DataError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { holdOut } from "./hold-out.ts";
import { type RowPurpose, rowsByWord } from "./rows-by-word.ts";
import { tableLocation, tablePlace } from "./table-place.ts";
import { pickRows, type TableRows } from "./table-rows.ts";

/** The rows of a table by their purpose. */
export interface SplitRows {
  readonly train: TableRows;
  readonly validation: TableRows;
  /** Undefined when the table has no test rows. */
  readonly test?: TableRows | undefined;
}

/** How rows are split: by a column of the words train, val and test, or at random. */
export interface SplitChoice {
  /** The column that says which rows are for what. */
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
 * @throws {DataError} the column holds another word than train, val, validation or test, or too few rows are left.
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
