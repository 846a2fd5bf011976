import { type Key, OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { splitIndices, takeTableRows } from "@pushforward/datasets/extend";

/** Rows of a table to learn from. */
export interface TableParts {
  /** All rows, which show how columns follow from others. */
  readonly all: Table;
  /** Rows whose frequencies the columns have. */
  readonly train: Table;
  /** Rows that are held out; none where folds take turns. */
  readonly validation: Table;
  /** For each fold the rows that train networks and those that validate them; none where rows are held out. */
  readonly folds: readonly FoldRows[];
}

/** Rows of a fold, by their places in the table. */
export interface FoldRows {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** How the rows of a table are divided. */
export interface TablePartsOptions {
  readonly key: Key;
  readonly validation?: Table | undefined;
  readonly folds?: number | undefined;
}

/** Most rows of which a fifth would be held out, and most columns: up to here the parts take turns. */
const MOST_FOLDED_ROWS = 2250;
const MOST_FOLDED_COLUMNS = 64;
const FOLDS = 5;
/** With fewer rows nothing is trained that could be validated. */
const LEAST_FOLDED_ROWS = 20;

/**
 * Training and validation rows of a table: of a small one folds that take turns, else a twentieth held out, but at least 450
 * rows.
 *
 * @param columns how many are learned.
 * @throws {OptionError} the number of folds is no integer from 1.
 */
export function tableParts(table: Table, columns: number, options: TablePartsOptions): TableParts {
  const { rows } = table;
  const isSmall = rows <= MOST_FOLDED_ROWS && columns <= MOST_FOLDED_COLUMNS;
  const { key, validation, folds = isSmall ? FOLDS : 1 } = options;
  if (!Number.isSafeInteger(folds) || folds < 1) {
    throw new OptionError(`fitTableDensity: expected folds to be an integer from 1, got ${describeValue(folds)}.`);
  }
  if (validation !== undefined) return { all: table, train: table, validation, folds: [] };
  if (folds > 1 && rows >= Math.max(folds, LEAST_FOLDED_ROWS)) {
    return { all: table, train: table, validation: takeTableRows(table, []), folds: foldRows(rows, folds, key) };
  }
  return splitTable(table, options);
}

/** Training and validation rows of a table, without folds. */
export function splitTable(
  table: Table,
  { validation, key }: Pick<TablePartsOptions, "validation" | "key">,
): TableParts {
  if (validation !== undefined) return { all: table, train: table, validation, folds: [] };
  const { rows } = table;
  const held = Math.max(Math.round(rows / 20), Math.min(450, Math.round(rows / 5)));
  const parts = splitIndices(rows, { validation: held / rows, key: key.fold("validation") });
  return {
    ...{ all: table, train: takeTableRows(table, parts.train), validation: takeTableRows(table, parts.validation) },
    folds: [],
  };
}

function foldRows(rows: number, folds: number, key: Key): FoldRows[] {
  const order = Int32Array.from(key.fold("folds").permutation(rows));
  return Array.from({ length: folds }, (_, fold) => ({
    train: order.filter((_, i) => i % folds !== fold),
    validation: order.filter((_, i) => i % folds === fold),
  }));
}
