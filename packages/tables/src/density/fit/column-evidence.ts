import { chiSquaredTail } from "@pushforward/ops";
import type { CodedColumn } from "../coding/cell-coding.ts";

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

/** Groups of about as many rows, in the order of some places; rows of the same place are in the same group. */
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
 * The probability that two columns that are independent look as dependent as these: the smaller one of Pearson's χ² test
 * of their groups and, for numbers, of Fisher's test of the correlation of their ranks (1921), times the number of tests.
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
