import type { NdArray } from "@pushforward/core";

/** Numbers of at most `most` rows that are spread evenly over a table. */
export function evenRows({ shape }: NdArray, most: number): Int32Array {
  const rows = shape[0] as number;
  const count = Math.min(rows, most);
  return Int32Array.from({ length: count }, (_, k) => Math.floor((k * rows) / count));
}

/** The numbers of a column in some rows. */
export function columnOf({ shape, data }: NdArray, column: number, rows: Int32Array): Float64Array {
  const columns = shape[1] as number;
  return Float64Array.from(rows, (i) => data[i * columns + column] as number);
}

/** A value that a column has again and again, and the share of the rows that have it. */
export interface RepeatedValue {
  readonly column: number;
  readonly value: number;
  readonly share: number;
}

const MOST_ROWS = 5000;
/** Fewer rows may be a coincidence. */
const LEAST_ROWS = 5;
/** Minimum share of an atom that stands out from its neighbors. */
const LEAST_SHARE = 0.1;
/** From this share on it is one in any case. */
const LARGE_SHARE = 0.25;
/**
 * Minimum ratio of the frequency of an atom to the frequencies of adjacent values. With rounding, all values repeat.
 */
const TIMES_NEIGHBORS = 4;
/** Values on each side that it is compared with. */
const NEIGHBORS = 3;

/**
 * Finds the columns in which one value has a large share of the rows. No density exists at such a value, and the best
 * model of a point of positive probability is an infinitely narrow peak. Noise on steps is added earlier, and it
 * spreads such values out.
 */
export function repeatedValues(x: NdArray): readonly RepeatedValue[] {
  const rows = evenRows(x, MOST_ROWS);
  const repeated: RepeatedValue[] = [];
  for (let column = 0; column < (x.shape[1] as number); column++) {
    const found = mostFrequent(columnOf(x, column, rows));
    const share = found.count / rows.length;
    if (found.count < LEAST_ROWS || share < LEAST_SHARE) continue;
    if (share >= LARGE_SHARE || found.count >= TIMES_NEIGHBORS * found.beside) {
      repeated.push({ column, value: found.value, share });
    }
  }
  return repeated;
}

/** The most frequent number, its count, and the mean count of the adjacent numbers. */
function mostFrequent(numbers: Float64Array): {
  readonly value: number;
  readonly count: number;
  readonly beside: number;
} {
  const counts: number[] = [];
  const values: number[] = [];
  for (const number of numbers.slice().sort()) {
    if (values.at(-1) === number) counts[counts.length - 1] = (counts.at(-1) as number) + 1;
    else {
      values.push(number);
      counts.push(1);
    }
  }
  const count = counts.reduce((a, b) => Math.max(a, b), 0);
  const at = counts.indexOf(count);
  const beside = [...counts.slice(Math.max(0, at - NEIGHBORS), at), ...counts.slice(at + 1, at + 1 + NEIGHBORS)];
  return { value: values[at] as number, count, beside: beside.reduce((a, b) => a + b, 0) / Math.max(1, beside.length) };
}
