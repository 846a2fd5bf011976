import type { Table } from "@pushforward/datasets";
import { type AlignedColumn, alignTables } from "./align-tables.ts";

/** Two columns and what they tell of each other. */
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
    ...codesOf(column),
  }));
  return columns
    .flatMap((a, i) =>
      columns.slice(i + 1).map((b) => ({ names: [a.name, b.name] as const, information: informationOf(a, b) })),
    )
    .sort((a, b) => b.information - a.information);
}

interface Codes {
  readonly codes: Int32Array;
  readonly count: number;
}

function codesOf(column: AlignedColumn): Codes {
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

function informationOf(a: Codes, b: Codes): number {
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
