import type { Key } from "@pushforward/core";
import { checkKey, checkOptions } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import { checkCount } from "../check-options.ts";
import { type AlignedColumn, alignTables } from "./column-shapes.ts";

/** Some rows from a set of aligned tables. */
interface PickedRows {
  /** Place of the table. */
  readonly table: number;
  readonly rows: Int32Array;
}

/**
 * The distance of each query to the closest of the references: the sum over numbers of |x − y| by the range in the table at
 * `scale`, a missing cell at one range below it, plus the number of categories that differ.
 */
function closestDistances(
  columns: readonly AlignedColumn[],
  queries: PickedRows,
  references: PickedRows,
  scale: number,
): Float64Array {
  const numbers = columns.filter(({ kind }) => kind === "number");
  const categories = columns.filter(({ kind }) => kind === "category");
  const [a, b] = [matrixOf(numbers, queries, scale), matrixOf(numbers, references, scale)];
  const [codesA, codesB] = [matrixOf(categories, queries, scale), matrixOf(categories, references, scale)];
  const [width, others, count] = [numbers.length, categories.length, references.rows.length];
  return Float64Array.from(queries.rows, (_, i) => {
    const [x, codes] = [a.subarray(i * width, (i + 1) * width), codesA.subarray(i * others, (i + 1) * others)];
    let best = Number.POSITIVE_INFINITY;
    for (let k = 0; k < count; k++) {
      let distance = 0;
      // Categories first: after the first few that differ most references are too far away.
      for (let j = 0, at = k * others; j < others && distance < best; j++, at++) {
        if (codes[j] !== codesB[at]) distance += 1;
      }
      if (distance >= best) continue;
      for (let j = 0, at = k * width; j < width; j++, at++) distance += Math.abs((x[j] as number) - (b[at] as number));
      if (distance < best) best = distance;
    }
    return best;
  });
}

/** `[rows, columns]`: scaled numbers, or codes of categories. */
function matrixOf(columns: readonly AlignedColumn[], { table, rows }: PickedRows, scale: number): Float64Array {
  const matrix = new Float64Array(rows.length * columns.length);
  for (const [j, { kind, values }] of columns.entries()) {
    const own = values[table] as AlignedColumn["values"][number];
    const place = kind === "number" ? scaled(values[scale] as Float64Array) : (code: number): number => code;
    for (const [i, row] of rows.entries()) matrix[i * columns.length + j] = place(own[row] as number);
  }
  return matrix;
}

function scaled(values: Float64Array): (value: number) => number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = high > low ? high - low : 1;
  return (value) => (Number.isNaN(value) ? -1 : (value - (low <= high ? low : 0)) / range);
}

/** The three tables of a question about privacy. */
export interface PrivacyTables {
  /** Rows that the model was fitted on. */
  readonly training: Table;
  /** Rows of the same kind that it has never seen. */
  readonly heldOut: Table;
  /** Rows that it has drawn. */
  readonly synthetic: Table;
}

/** Options of {@link closestRecords}. */
export interface ClosestRecordsOptions {
  readonly key: Key;
  /** Maximum number of compared rows. Default: 5,000. */
  readonly queries?: number | undefined;
  /** Most rows of each table that they are compared with. Default: 5,000. */
  readonly references?: number | undefined;
}

/** Result of {@link closestRecords}. */
export interface ClosestRecords {
  /** Share of synthetic rows that are closer to a training row than to any held-out row, ties counted half. */
  readonly share: number;
  /** Its standard error, for the rows that the synthetic ones are compared with. */
  readonly standardError: number;
  /** Negative distance to the closest synthetic row, for training rows and an equal number of held-out rows. */
  readonly trainingScores: Float64Array;
  readonly heldOutScores: Float64Array;
}

/**
 * Distance to closest record: if a model has not memorized training rows, half of its samples are closer to a training
 * row than to a held-out row, for equal numbers of both. The distance is the sum of |x − y| divided by the range of the
 * column over numbers, and 1 per different category.
 *
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in a column with text in a second table.
 * @example
 * const [training, heldOut] = [0, 1].map((half) => takeTableRows(penguins(), halfOf(half))) as [Table, Table];
 * const { share } = closestRecords({ training, heldOut, synthetic: training }, { key });
 * console.log(share > 0.95); // true: the training rows themselves
 * function halfOf(half: number): number[] {
 *   return Array.from({ length: 171 }, (_, i) => 2 * i + half);
 * }
 */
export function closestRecords(tables: PrivacyTables, options: ClosestRecordsOptions): ClosestRecords {
  checkOptions("closestRecords", options, { key: true, queries: true, references: true });
  const where = "closestRecords";
  checkKey(where, options);
  const { key, queries = 5000, references = 5000 } = options;
  checkCount(where, "queries", queries);
  checkCount(where, "references", references);
  const all = [tables.training, tables.heldOut, tables.synthetic];
  const columns = alignTables(all, where);
  const pick = (table: number, most: number, use: string): PickedRows => ({
    table,
    rows: key
      .fold(use)
      .permutation((all[table] as Table).rows)
      .subarray(0, most),
  });
  const distances = (from: PickedRows, to: PickedRows): Float64Array => closestDistances(columns, from, to, 0);
  const k = Math.min(tables.training.rows, tables.heldOut.rows, references);
  const training = pick(0, k, "training");
  const heldOut = pick(1, k, "held out");
  const synthetic = pick(2, queries, "synthetic");
  const [toTraining, toHeldOut] = [distances(synthetic, training), distances(synthetic, heldOut)];
  let wins = 0;
  for (const [i, distance] of toTraining.entries()) {
    const other = toHeldOut[i] as number;
    wins += distance < other ? 1 : distance === other ? 0.5 : 0;
  }
  const samples = pick(2, references, "references");
  const score = (rows: PickedRows): Float64Array =>
    distances({ ...rows, rows: rows.rows.subarray(0, queries) }, samples).map((distance) => -distance);
  return {
    share: wins / toTraining.length,
    standardError: Math.sqrt(0.25 / toTraining.length),
    trainingScores: score(training),
    heldOutScores: score(heldOut),
  };
}
