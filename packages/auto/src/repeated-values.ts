import type { NdArray } from "@pushforward/core";
import { columnOf, evenRows } from "./even-rows.ts";

/** A value that a column has again and again, and the share of the rows that have it. */
export interface RepeatedValue {
  readonly column: number;
  readonly value: number;
  readonly share: number;
}

const MOST_ROWS = 5000;
/** From this share on, and in so many rows, a value is no coincidence of rounding. */
const LEAST_SHARE = 0.05;
const LEAST_ROWS = 5;

/**
 * The columns in which one value has a large share of the rows: there is no density at such a value, and the best model
 * of a point of positive probability is an infinitely narrow peak. Noise on steps comes first: it spreads such values out.
 */
export function repeatedValues(x: NdArray): readonly RepeatedValue[] {
  const rows = evenRows(x, MOST_ROWS);
  const found: RepeatedValue[] = [];
  for (let column = 0; column < (x.shape[1] as number); column++) {
    const counts = new Map<number, number>();
    let [value, most] = [0, 0];
    for (const number of columnOf(x, column, rows)) {
      const count = (counts.get(number) ?? 0) + 1;
      counts.set(number, count);
      if (count > most) [value, most] = [number, count];
    }
    const share = most / rows.length;
    if (most >= LEAST_ROWS && share >= LEAST_SHARE) found.push({ column, value, share });
  }
  return found;
}
