/** Fewer different numbers than these may have a common divisor by chance. */
const LEAST_DISTINCT = 8;
/** Most digits after the decimal mark of a grid. */
const MOST_DECIMALS = 6;
const LARGEST = 2 ** 53;
/** Of a finer grid than one with so many points for each of the numbers, nearly all points are never met. */
const MOST_POINTS = 50;

/** What a grid is found from. */
export interface GridOptions {
  /** The different numbers. */
  readonly values: Iterable<number>;
  readonly distinct: number;
  /** Number of rows that have a number. */
  readonly present: number;
  /** Most digits after the decimal mark. */
  readonly decimals: number | undefined;
}

/**
 * Spacing of the grid on which numbers lie, or undefined. Integers always lie on one. Others do where numbers come twice on
 * average, which tells rounding from chance and from mere decimals; so do multiples of an integer (100, 200, …).
 */
export function numberStep({ values, distinct, present, decimals }: GridOptions): number | undefined {
  if (decimals === undefined || decimals > MOST_DECIMALS) return undefined;
  const scale = 10 ** decimals;
  let divisor = 0;
  let isInteger = true;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    const scaled = Math.round(Math.abs(value) * scale);
    if (scaled > LARGEST) return undefined;
    if (!Number.isInteger(value)) isInteger = false;
    min = Math.min(min, value);
    max = Math.max(max, value);
    divisor = greatestCommonDivisor(divisor, scaled);
  }
  const least = isInteger ? 1 : undefined;
  if (2 * distinct > present) return least;
  const step = distinct < LEAST_DISTINCT || divisor === 0 ? 1 / scale : divisor / scale;
  if (isInteger) return Math.max(1, step);
  return max - min <= MOST_POINTS * distinct * step ? step : undefined;
}

function greatestCommonDivisor(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
