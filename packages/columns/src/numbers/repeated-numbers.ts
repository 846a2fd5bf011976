/** Different numbers that are compared with the points between them, and the most such groups. */
const NEIGHBORS = 20;
const MOST_GROUPS = 50;
/** Minimum share of the rows with a repeated number, and its minimum ratio to the share by coincidence. */
const LEAST_REPEATED = 0.05;
const BEYOND_CHANCE = 4;
/** Spacing of float32 numbers, relative to their size: numbers in files often have this precision. */
const FLOAT32_SPACING = 2 ** -23;
/** Different numbers on either side that show how often a number of a grid would occur if it were as frequent as its neighbors. */
const NEAR = 4;
/** Minimum number of pairs of equal numbers: a multiple of the expected number, and of its standard deviation. */
const TIMES_EXPECTED = 2;
const DEVIATIONS = 6;

/**
 * Share of the numbers that other rows have as well; 0 if rounding explains it. Amounts that people prefer, such as 3.75 and
 * 3.80, and functions of counts repeat more often. A smooth density does not have such repetitions, even if its samples are
 * rounded.
 *
 * @param values numbers, NaN for a missing one.
 * @param step spacing of the grid that contains the numbers; 0 if they are not rounded.
 */
export function shareBeyondRounding(values: Float64Array, step: number): number {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const counts = new Map<number, number>();
  for (const x of present) counts.set(x, (counts.get(x) ?? 0) + 1);
  const [sorted, rows] = [Float64Array.from(counts.keys()), [...counts.values()]];
  const repeated = rows.reduce((sum, count) => sum + (count > 1 ? count : 0), 0) / present.length;
  const isBeyond = isBeyondRounding({ sorted, repeated, step }) || arePreferred(sorted, rows, step);
  return repeated >= LEAST_REPEATED && isBeyond ? repeated : 0;
}

/**
 * Returns `true` if numbers on a grid are equal much more often than their neighbors on the grid suggest.
 *
 * @param sorted the different numbers, and the number of rows of each.
 * @param decimals spacing of the grid; 0 for none.
 */
function arePreferred(sorted: Float64Array, rows: readonly number[], decimals: number): boolean {
  const last = sorted.length - 1;
  if (decimals === 0 || last <= 2 * NEAR) return false;
  const [least, most] = [sorted[0] as number, sorted[last] as number];
  const step = Math.max(decimals, FLOAT32_SPACING * Math.max(Math.abs(least), Math.abs(most)));
  const before = [0];
  for (const count of rows) before.push((before.at(-1) as number) + count);
  let [pairs, expected] = [0, 0];
  for (const [i, own] of rows.entries()) {
    // The numbers between two others, without the number itself.
    const [low, high] = [i - NEAR, i + NEAR];
    const from = low < 0 ? least - step : (sorted[low] as number);
    const to = high > last ? most + step : (sorted[high] as number);
    const near = (before[Math.min(high, last + 1)] as number) - (before[Math.max(low + 1, 0)] as number) - own;
    const points = Math.round((to - from) / step) - 2;
    pairs += (own * (own - 1)) / 2;
    if (points > 0) expected += (own * near) / points / 2;
  }
  return pairs >= TIMES_EXPECTED * expected && pairs >= expected + DEVIATIONS * Math.sqrt(expected);
}

/** Numbers of a column. */
interface RepeatedNumbers {
  /** The different numbers. */
  readonly sorted: Float64Array;
  /** Share of the rows with a number that other rows have, too. */
  readonly repeated: number;
  readonly step: number;
}

/** Returns `true` if numbers repeat more often than rounding explains. */
export function isBeyondRounding({ sorted, repeated, step }: RepeatedNumbers): boolean {
  return repeated >= LEAST_REPEATED && BEYOND_CHANCE * occupied(sorted, step) < repeated;
}

/**
 * Share of the points of a grid that have a number, near a number. It is the probability that rounding alone makes two rows
 * equal. The density of most columns differs between places, so neighbors are compared.
 *
 * @param sorted the different numbers.
 */
function occupied(sorted: Float64Array, step: number): number {
  const distinct = sorted.length;
  const groups = Math.max(1, Math.floor(distinct / Math.max(NEIGHBORS, distinct / MOST_GROUPS)));
  let sum = 0;
  for (let group = 0; group < groups; group++) {
    const [from, to] = [group, group + 1].map((at) => Math.floor((at * distinct) / groups)) as [number, number];
    const [low, high] = [sorted[from] as number, sorted[to - 1] as number];
    const spacing = Math.max(step, FLOAT32_SPACING * Math.max(Math.abs(low), Math.abs(high)));
    const points = (high - low) / spacing + 1;
    sum += Math.min(1, (to - from) / points) * (to - from);
  }
  return sum / distinct;
}
