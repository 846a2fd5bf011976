import type { Table } from "@pushforward/datasets";
import { type AlignedColumn, alignTables } from "./align-tables.ts";
import { totalVariation } from "./total-variation.ts";

/** How alike two tables are in pairs of columns. */
export interface ColumnTrends {
  /** The mean over the pairs; NaN for tables of one column. */
  readonly score: number;
  readonly pairs: readonly { readonly names: readonly [string, string]; readonly score: number }[];
}

const BINS = 10;

/**
 * How alike two tables are in pairs of columns, from 0 to 1: *column pair trends* as SDMetrics defines them. For two columns
 * of numbers 1 − half of the difference of their correlations over rows that have both; for others 1 − the total variation
 * distance of their joint frequencies, numbers cut into 10 bins of equal width over the range of the first table.
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
