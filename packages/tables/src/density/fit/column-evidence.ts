import { type Key, OptionError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { splitIndices, takeTableRows } from "@pushforward/datasets/extend";
import { chiSquaredTail } from "@pushforward/ops";
import type { CodedColumn } from "../coding/category-coding.ts";

/** A column as {@link dependencePValue} compares it. */
export interface ComparedCells {
  /** For each row the group of its code: 0, 1, …. */
  readonly groups: Uint8Array;
  /** Rows of each group. */
  readonly sizes: readonly number[];
  /** For each row the normal quantile of the rank of its number, centered and of length 1; undefined for categories. */
  readonly ranks: Float64Array | undefined;
}

/** Rows that two groups share by chance, for a χ² distribution to hold (Cochran 1954). */
const ROWS_PER_PAIR = 5;
const MOST_GROUPS = 8;

/** Prepares a column for comparisons: groups of codes or of numbers, fewer where rows are few, and the ranks of numbers. */
export function compareCells({ codes, features, featureCount }: CodedColumn): ComparedCells {
  const rows = codes.length;
  const wanted = Math.min(MOST_GROUPS, Math.max(2, Math.floor(Math.sqrt(rows / ROWS_PER_PAIR))));
  const places = Float64Array.from(codes, (code, row) =>
    featureCount > 0 ? (features[row * featureCount] as number) : code,
  );
  const { groups, sizes } = groupsOf(places, wanted);
  return { groups, sizes, ranks: featureCount > 0 ? centered(places) : undefined };
}

/** Groups of nearly equal size, in the order of the places; rows of equal place are in one group. */
function groupsOf(places: Float64Array, wanted: number): Pick<ComparedCells, "groups" | "sizes"> {
  const rows = places.length;
  const order = Int32Array.from(places.keys()).sort((a, b) => (places[a] as number) - (places[b] as number));
  const groups = new Uint8Array(rows);
  const sizes = [0];
  for (const [k, row] of order.entries()) {
    const isNew = k > 0 && places[row] !== places[order[k - 1] as number];
    // Of an even share of the rows at least, but one group for the rest.
    if (isNew && (sizes.at(-1) as number) >= rows / wanted && sizes.length < wanted) sizes.push(0);
    sizes[sizes.length - 1] = (sizes.at(-1) as number) + 1;
    groups[row] = sizes.length - 1;
  }
  return { groups, sizes };
}

/**
 * Returns the p-value of independence of two columns: the smaller p-value of Pearson's χ² test of their groups and, for
 * numbers, Fisher's test of the rank correlation (1921), times the number of tests.
 */
export function dependencePValue(a: ComparedCells, b: ComparedCells): number {
  const byGroups = groupsPValue(a, b);
  if (a.ranks === undefined || b.ranks === undefined) return byGroups;
  return Math.min(1, 2 * byGroups, 2 * correlationPValue(a.ranks, b.ranks));
}

function groupsPValue(a: ComparedCells, b: ComparedCells): number {
  const rows = a.groups.length;
  const [height, width] = [a.sizes.length, b.sizes.length];
  const joint = new Float64Array(height * width);
  for (let i = 0; i < rows; i++) {
    const at = (a.groups[i] as number) * width + (b.groups[i] as number);
    joint[at] = (joint[at] as number) + 1;
  }
  let statistic = 0;
  for (let g = 0; g < height; g++) {
    for (let h = 0; h < width; h++) {
      const expected = ((a.sizes[g] as number) * (b.sizes[h] as number)) / rows;
      if (expected > 0) statistic += ((joint[g * width + h] as number) - expected) ** 2 / expected;
    }
  }
  const degrees = (height - 1) * (width - 1);
  return degrees > 0 ? chiSquaredTail(statistic, degrees) : 1;
}

function correlationPValue(a: Float64Array, b: Float64Array): number {
  let r = 0;
  for (let i = 0; i < a.length; i++) r += (a[i] as number) * (b[i] as number);
  return chiSquaredTail(Math.atanh(Math.min(Math.abs(r), 1)) ** 2 * Math.max(0, a.length - 3), 1);
}

function centered(values: Float64Array): Float64Array | undefined {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const norm = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return norm > 0 ? values.map((value) => (value - mean) / norm) : undefined;
}

/** The mean negative log-probability of some rows. */
export function meanNll(logProb: Float64Array): number {
  return -logProb.reduce((sum, value) => sum + value / logProb.length, 0);
}

/** Rows of a table to learn from. */
export interface TableParts {
  /** All rows, used to detect dependent columns. */
  readonly all: Table;
  /** Rows that determine the frequencies of the columns. */
  readonly train: Table;
  /** Rows that are held out; none where folds take turns. */
  readonly validation: Table;
  /** Training and validation rows of the networks per fold; empty with a hold-out. */
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

/** Maximum rows (one fifth would be held out) and columns for cross-validation. */
const MOST_FOLDED_ROWS = 2250;
const MOST_FOLDED_COLUMNS = 64;
const FOLDS = 5;
/** Minimum number of rows for networks, which need validation rows. */
const LEAST_FOLDED_ROWS = 20;

/** `true` for a table that is fitted by cross-validation. @param columns number of learned columns. */
export function hasFolds(rows: number, columns: number): boolean {
  return rows >= LEAST_FOLDED_ROWS && rows <= MOST_FOLDED_ROWS && columns <= MOST_FOLDED_COLUMNS;
}

/**
 * Training and validation rows of a table: of a small one folds that take turns, else a twentieth held out, but at least 450
 * rows.
 *
 * @param columns number of learned columns.
 * @throws {OptionError} the number of folds is no integer from 1.
 */
export function tableParts(table: Table, columns: number, options: TablePartsOptions): TableParts {
  const { rows } = table;
  const { key, validation, folds = hasFolds(rows, columns) ? FOLDS : 1 } = options;
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
