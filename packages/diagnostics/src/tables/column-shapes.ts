import type { Table } from "@pushforward/datasets";
import { type AlignedColumn, alignTables } from "./align-tables.ts";
import { totalVariation } from "./total-variation.ts";

/** How alike the columns of two tables are, each by itself. */
export interface ColumnShapes {
  /** The mean over the columns. */
  readonly score: number;
  readonly columns: readonly { readonly name: string; readonly score: number }[];
}

/**
 * How alike the columns of two tables are, each by itself, from 0 to 1: *column shapes* as SDMetrics defines them. For
 * numbers 1 − the Kolmogorov–Smirnov statistic, times 1 − the difference of the shares of missing cells; for categories,
 * of which missing is one, 1 − the total variation distance.
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
