import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";

/** The total variation distance of the frequencies of two lists of codes, from 0 to 1. */
function totalVariation(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const differences = new Map<number, number>();
  addShares(differences, first, 1);
  addShares(differences, second, -1);
  let sum = 0;
  for (const difference of differences.values()) sum += Math.abs(difference);
  return sum / 2;
}

function addShares(differences: Map<number, number>, codes: ArrayLike<number>, sign: number): void {
  const counts = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  for (const [code, count] of counts) {
    differences.set(code, (differences.get(code) ?? 0) + (sign * count) / codes.length);
  }
}

/**
 * A column of several tables, side by side: numbers, NaN if missing, or codes of categories, with a code for missing.
 */
export type AlignedColumn =
  | { readonly name: string; readonly kind: "number"; readonly values: readonly Float64Array[] }
  | {
      readonly name: string;
      readonly kind: "category";
      readonly values: readonly Int32Array[];
      /** Number of codes. */
      readonly count: number;
    };

/**
 * Aligns the columns of all tables with the columns of the first table.
 *
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in a column with text in a second table.
 */
export function alignTables(tables: readonly Table[], where: string): AlignedColumn[] {
  const [first] = tables;
  if (first === undefined || first.columns.length === 0) {
    throw new DataError(`${where}: expected at least one column, got none.`);
  }
  if (tables.some(({ rows }) => rows === 0)) throw new DataError(`${where}: expected at least one row, got none.`);
  return first.columns.map(({ name, kind }): AlignedColumn => {
    const columns = tables.map((table) => getColumn(table, name));
    const other = columns.find((column) => column.kind !== kind);
    if (other !== undefined) {
      throw new DataError(
        `${where}: expected column "${name}" to hold ${kindWords(kind)} in each table, got ${kindWords(other.kind)}.`,
        { column: name },
      );
    }
    return kind === "number" ? { name, kind, values: columns.map(numbersOf) } : alignTexts(name, columns);
  });
}

function alignTexts(name: string, columns: readonly Column[]): AlignedColumn {
  const codes = new Map<string, number>();
  let missingCode: number | undefined;
  let count = 0;
  const codeOf = (text: string): number => {
    const known = codes.get(text);
    if (known !== undefined) return known;
    codes.set(text, count);
    return count++;
  };
  const values = columns.map((column) => {
    const missing = column.kind === "text" ? column.missing : undefined;
    return Int32Array.from({ length: column.values.length }, (_, row) => {
      if (missing?.has(row) !== true) return codeOf(String(column.values[row]));
      missingCode ??= count++;
      return missingCode;
    });
  });
  return { name, kind: "category", values, count };
}

function numbersOf(column: Column): Float64Array {
  return column.kind === "number" ? column.values : Float64Array.from(column.values, Number);
}

function kindWords(kind: Column["kind"]): string {
  return kind === "number" ? "numbers" : "text";
}

/** Similarity of the columns of two tables, separately. */
export interface ColumnShapes {
  /** The mean over the columns. */
  readonly score: number;
  readonly columns: readonly { readonly name: string; readonly score: number }[];
}

/**
 * Similarity of the columns of two tables, from 0 to 1: *column shapes* as defined by SDMetrics. For numbers 1 − the
 * Kolmogorov–Smirnov statistic, times 1 − the difference of the shares of missing cells; for categories, including missing, 1 −
 * the total variation distance.
 *
 * @param real its columns are compared.
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in it where the other has text.
 * @example
 * columnShapes(penguins(), penguins()).score; // → 1
 */
export function columnShapes(real: Table, synthetic: Table): ColumnShapes {
  const columns = alignTables([real, synthetic], "columnShapes").map((column) => ({
    name: column.name,
    score: shapeOf(column),
  }));
  return { score: columns.reduce((sum, { score }) => sum + score, 0) / columns.length, columns };
}

function shapeOf({ kind, values }: AlignedColumn): number {
  const [first, second] = values as readonly [AlignedColumn["values"][number], AlignedColumn["values"][number]];
  if (kind === "category") return 1 - totalVariation(first, second);
  const [a, b] = [sortedNumbers(first), sortedNumbers(second)];
  const missing = 1 - Math.abs(a.length / first.length - b.length / second.length);
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  return (1 - largestDistance(a, b)) * missing;
}

function sortedNumbers(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort();
}

/** The largest distance of two empirical distribution functions. */
function largestDistance(a: Float64Array, b: Float64Array): number {
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) <= value) i++;
    while (j < b.length && (b[j] as number) <= value) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}

/** Similarity of two tables in pairs of columns. */
export interface ColumnTrends {
  /** The mean over the pairs; NaN for tables of one column. */
  readonly score: number;
  readonly pairs: readonly { readonly names: readonly [string, string]; readonly score: number }[];
}

const BINS = 10;

/**
 * Similarity of column pairs of two tables, from 0 to 1: *column pair trends* as defined by SDMetrics. For two numeric columns
 * 1 − half of the difference of their correlations over complete rows; otherwise 1 − the total variation distance of joint
 * frequencies, with numbers in 10 bins of equal width over the range of the first table.
 *
 * @param real its columns are compared.
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in it where the other has text.
 * @example
 * columnTrends(penguins(), penguins()).score; // → 1
 */
export function columnTrends(real: Table, synthetic: Table): ColumnTrends {
  const columns = alignTables([real, synthetic], "columnTrends");
  const codes = columns.map(codesOf);
  const pairs = columns.flatMap((a, i) =>
    columns.slice(i + 1).map((b, k) => {
      const score =
        a.kind === "number" && b.kind === "number"
          ? correlationScore(a.values, b.values)
          : 1 - jointDistance(codes[i] as Codes, codes[i + 1 + k] as Codes);
      return { names: [a.name, b.name] as const, score };
    }),
  );
  return { score: pairs.reduce((sum, { score }) => sum + score, 0) / pairs.length, pairs };
}

/** The codes of a column in both tables, and their number. */
interface Codes {
  readonly values: readonly Int32Array[];
  readonly count: number;
}

function codesOf(column: AlignedColumn): Codes {
  if (column.kind === "category") return column;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of column.values[0] as Float64Array) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // A constant, as numpy has it: half a unit to each side.
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const edges = Array.from({ length: BINS - 1 }, (_, k) => low + ((k + 1) * (high - low)) / BINS);
  const codeOf = (value: number): number => {
    if (Number.isNaN(value)) return BINS;
    let bin = 0;
    while (bin < edges.length && value >= (edges[bin] as number)) bin++;
    return bin;
  };
  return { values: column.values.map((values) => Int32Array.from(values, codeOf)), count: BINS + 1 };
}

function jointDistance(a: Codes, b: Codes): number {
  const [first = [], second = []] = a.values.map((codes, table) => {
    const others = b.values[table] as Int32Array;
    return Float64Array.from(codes, (code, row) => code * b.count + (others[row] as number));
  });
  return totalVariation(first, second);
}

function correlationScore(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  const [real = Number.NaN, synthetic = Number.NaN] = a.map((values, table) =>
    correlation(values, b[table] as Float64Array),
  );
  if (Number.isFinite(real) && Number.isFinite(synthetic)) return 1 - Math.abs(real - synthetic) / 2;
  // Neither has one: both are constant.
  return Number.isFinite(real) === Number.isFinite(synthetic) ? 1 : 0;
}

function correlation(a: Float64Array, b: Float64Array): number {
  let [n, meanA, meanB, squaresA, squaresB, products] = [0, 0, 0, 0, 0, 0];
  for (const [row, x] of a.entries()) {
    const y = b[row] as number;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    n += 1;
    const [deltaA, deltaB] = [x - meanA, y - meanB];
    meanA += deltaA / n;
    meanB += deltaB / n;
    squaresA += deltaA * (x - meanA);
    squaresB += deltaB * (y - meanB);
    products += deltaA * (y - meanB);
  }
  return squaresA > 0 && squaresB > 0 ? products / Math.sqrt(squaresA * squaresB) : Number.NaN;
}

/** Two columns and their mutual information. */
export interface PairInformation {
  readonly names: readonly [string, string];
  /** Nats. */
  readonly information: number;
}

const MOST_BINS = 16;

/**
 * The mutual information of each pair of columns in nats, the largest first: by the frequencies of their values, numbers
 * cut into at most 16 bins of equal mass, with the bias of few rows taken off (Miller 1955).
 *
 * @throws {DataError} the table has no rows or no columns.
 * @example
 * const [strongest] = mutualInformation(penguins());
 * console.log(strongest?.names); // ["species", "island"], or another pair that the species decides
 */
export function mutualInformation(table: Table): PairInformation[] {
  const columns = alignTables([table], "mutualInformation").map((column) => ({
    name: column.name,
    ...binnedCodes(column),
  }));
  return columns
    .flatMap((a, i) =>
      columns.slice(i + 1).map((b) => ({ names: [a.name, b.name] as const, information: informationOf(a, b) })),
    )
    .sort((a, b) => b.information - a.information);
}

interface BinnedCodes {
  readonly codes: Int32Array;
  readonly count: number;
}

function binnedCodes(column: AlignedColumn): BinnedCodes {
  if (column.kind === "category") return { codes: column.values[0] as Int32Array, count: column.count };
  const [values] = column.values as readonly [Float64Array];
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const all = Array.from(
    { length: MOST_BINS - 1 },
    (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / MOST_BINS)],
  );
  const starts = all.filter((value, k) => value !== all[k - 1]) as number[];
  const codeOf = (value: number): number =>
    Number.isNaN(value) ? starts.length + 1 : starts.reduce((sum, start) => sum + Number(value >= start), 0);
  return { codes: Int32Array.from(values, codeOf), count: starts.length + 2 };
}

function informationOf(a: BinnedCodes, b: BinnedCodes): number {
  const n = a.codes.length;
  const joint = new Map<number, number>();
  const [ofA, ofB] = [new Float64Array(a.count), new Float64Array(b.count)];
  for (let row = 0; row < n; row++) {
    const [x, y] = [a.codes[row] as number, b.codes[row] as number];
    ofA[x] = (ofA[x] as number) + 1;
    ofB[y] = (ofB[y] as number) + 1;
    const cell = x * b.count + y;
    joint.set(cell, (joint.get(cell) ?? 0) + 1);
  }
  let sum = 0;
  for (const [cell, count] of joint) {
    const [x, y] = [Math.floor(cell / b.count), cell % b.count];
    sum += (count / n) * Math.log((count * n) / ((ofA[x] as number) * (ofB[y] as number)));
  }
  const [cells, rows, columns] = [joint.size, present(ofA), present(ofB)];
  return Math.max(0, sum - (cells - rows - columns + 1) / (2 * n));
}

function present(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + Number(count > 0), 0);
}
