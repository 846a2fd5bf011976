import { type ComparedColumn, DAY } from "./dependent-column.ts";

const MOST_DIGITS = 15;
/** Rounding of float64, as a share of the numbers. */
const SLACK = 1e-12;
const SAMPLE = 24;

/** A slope and an intercept. */
export interface AffineMap {
  readonly slope: number;
  readonly intercept: number;
}

/** The rows of the smallest and the largest number of a column; undefined for fewer than two numbers. */
export interface Extremes {
  readonly low: number;
  readonly high: number;
}

/** Where a column has its smallest and largest number. */
export function extremesOf(values: Float64Array): Extremes | undefined {
  let low = -1;
  let high = -1;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value)) continue;
    if (low < 0 || value < (values[low] as number)) low = row;
    if (high < 0 || value > (values[high] as number)) high = row;
  }
  return low < 0 || values[low] === values[high] ? undefined : { low, high };
}

/**
 * Finds the affine map from one numeric column to a second one, rounded to the decimals of the first. Chooses the slope
 * and the intercept with the fewest digits. Returns undefined if no map fits.
 */
export function findAffine(
  from: ComparedColumn,
  to: ComparedColumn,
  { low, high }: Extremes,
  rows: Int32Array,
): AffineMap | undefined {
  const { values: x } = from;
  const { values: y, unit } = to;
  if (x === undefined || y === undefined) return undefined;
  const width = (x[high] as number) - (x[low] as number);
  const slope = ((y[high] as number) - (y[low] as number)) / width;
  if (!Number.isFinite(slope) || slope === 0) return undefined;
  const size = Math.max(Math.abs(y[low] as number), Math.abs(y[high] as number), Math.abs(slope * (x[high] as number)));
  const slack = SLACK * size;
  // Both ends are rounded, and so is the number between them.
  if (residuals(x, y, slope, rows.subarray(0, SAMPLE), 2 * unit + 2 * slack) === undefined) return undefined;
  for (const candidate of slopesNear(slope, (unit + 2 * slack) / width, from.isDate)) {
    const range = residuals(x, y, candidate, rows, unit + 2 * slack);
    if (range === undefined) continue;
    const half = unit / 2 + slack;
    return { slope: candidate, intercept: shortestIn(range.max - half, range.min + half) };
  }
  return undefined;
}

/** The range of `y − slope·x`; undefined if wider than `most`, or if a number is missing in only one column. */
function residuals(
  x: Float64Array,
  y: Float64Array,
  slope: number,
  rows: Int32Array,
  most: number,
): { readonly min: number; readonly max: number } | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const a = x[row] as number;
    const b = y[row] as number;
    if (Number.isNaN(a) || Number.isNaN(b)) {
      if (Number.isNaN(a) && Number.isNaN(b)) continue;
      return undefined;
    }
    const residual = b - slope * a;
    if (residual < min) min = residual;
    if (residual > max) max = residual;
    if (max - min > most) return undefined;
  }
  return { min, max };
}

/** Slopes within a distance. Slopes with few digits or a simple inverse are first. */
function slopesNear(slope: number, distance: number, isDate: boolean): number[] {
  const short = shortestIn(slope - distance, slope + distance);
  const inverse = 1 / slope;
  const inverseDistance = distance / slope ** 2;
  const ofInverse = 1 / shortestIn(inverse - inverseDistance, inverse + inverseDistance);
  const ninths = shortestIn(9 * (slope - distance), 9 * (slope + distance)) / 9;
  const perDay = shortestIn(DAY * (slope - distance), DAY * (slope + distance)) / DAY;
  return [...new Set([...(isDate ? [perDay] : []), short, ofInverse, ninths, slope])].filter((candidate) =>
    Number.isFinite(candidate),
  );
}

/** The number with the fewest digits in an interval. */
export function shortestIn(from: number, to: number): number {
  if (from <= 0 && to >= 0) return 0;
  const middle = (from + to) / 2;
  for (let digits = 1; digits <= MOST_DIGITS; digits++) {
    const candidate = Number(middle.toPrecision(digits));
    if (candidate >= from && candidate <= to) return candidate;
  }
  return middle;
}

/** Memory for the image of each code, of the size of the longest list of codes. */
export class FunctionFinder {
  private readonly image: Int32Array;
  private readonly stamp: Int32Array;
  private readonly rows: Int32Array;
  private round = 0;

  constructor(mostCodes: number, rows: Int32Array) {
    this.image = new Int32Array(mostCodes);
    this.stamp = new Int32Array(mostCodes);
    this.rows = rows;
  }

  /**
   * Evidence in nats that each value of a column implies one value of a second column: a repeated prediction counts by the
   * rarity of the value. Rows with a missing first value are no evidence. 0 after a contradiction.
   */
  evidence(from: ComparedColumn, to: ComparedColumn, surprise: Float64Array): number {
    const { image, stamp, rows } = this;
    const round = ++this.round;
    const missing = from.missingCode;
    let evidence = 0;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      const a = from.codes[row] as number;
      const b = to.codes[row] as number;
      if (stamp[a] !== round) {
        stamp[a] = round;
        image[a] = b;
      } else if (image[a] !== b) return 0;
      else if (a !== missing) evidence += surprise[b] as number;
    }
    return evidence;
  }
}
