import { DataError, type NdArray, OptionError, ShapeError } from "@pushforward/core";
import { describeValue } from "@pushforward/core/extend";
import { formatShape, normalQuantile, quantile } from "@pushforward/core/plain";

/** Knots of the splines of a table's columns, `[features · knots]`, column by column. */
export interface QuantileKnots {
  /** In the units of the data, increasing. */
  readonly x: Float64Array;
  /** Standard normal quantiles, increasing. */
  readonly y: Float64Array;
  /** dy/dx at the knots. */
  readonly slopes: Float64Array;
}

/** Steepest tail behind knots that only their smallest distance keeps apart, in units of y a standard deviation. */
const TAIL_OF_EQUALS = 1;

/** Largest probability of the outer knots. */
const OUTER = 0.01;

/** Rows of the data that are to lie beyond an outer knot. */
const ROWS_BEYOND = 2.5;

/** Smallest distance of two knots, in standard deviations. */
const MIN_GAP = 1e-3;

/** Smallest distance relative to the numbers themselves, so that float64 tells the knots apart. */
const RESOLUTION = 1e-13;

/** The probabilities at which the knots of `rows` numbers lie; without rows as for very many. */
export function knotProbabilities(knots: number, rows: number = Number.POSITIVE_INFINITY): Float64Array {
  const outer = Math.min(rows === Number.POSITIVE_INFINITY ? OUTER : ROWS_BEYOND / rows, OUTER, 0.5 / (knots - 1));
  return Float64Array.from({ length: knots }, (_, k) =>
    k === 0 ? outer : k === knots - 1 ? 1 - outer : k / (knots - 1),
  );
}

/**
 * Knots at the quantiles of each column of a table, paired with those of the standard normal.
 *
 * Where values repeat, quantiles coincide: the knots are then those closest to them, by least squares, that keep a
 * thousandth of a standard deviation between neighbors, so that a repeated value lies amid the knots that stand for it.
 * A column of one value gets knots around it at unit scale: it is shifted only. A tail takes the slope of the bin
 * before it, but where equal values end the column, at most 1 a standard deviation: such a bin is hundreds of times
 * steeper, and would throw a rare value beyond it far out.
 *
 * @throws {ShapeError} the table is not `[rows, features]`, or empty.
 * @throws {DataError} a number is not finite.
 */
export function quantileKnots(where: string, { shape, data }: NdArray, knots: number): QuantileKnots {
  const [rows, features] = shape;
  if (shape.length !== 2 || rows === undefined || features === undefined || rows * features === 0) {
    throw new ShapeError(`${where}: expected a table of shape [rows, features], got shape ${formatShape(shape)}.`);
  }
  const probabilities = knotProbabilities(knots, rows);
  const normal = probabilities.map((p) => normalQuantile(p));
  const size = features * knots;
  const [x, y, slopes] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  const column = new Float64Array(rows);
  for (let j = 0; j < features; j++) {
    for (let r = 0; r < rows; r++) {
      const value = data[r * features + j] as number;
      if (!Number.isFinite(value)) {
        throw new DataError(`${where}: expected finite numbers, got ${value} in row ${r + 1}, column ${j + 1}.`, {
          row: r + 1,
          column: String(j + 1),
        });
      }
      column[r] = value;
    }
    column.sort();
    const sd = standardDeviation(column);
    const gap = smallestGap(column, sd);
    const own =
      sd === 0
        ? normal.map((z) => (column[0] as number) + z)
        : spread(
            probabilities.map((p) => quantile(column, p)),
            gap,
          );
    const rises = knotSlopes(own, normal);
    for (const [end, inner] of [
      [0, 1],
      [knots - 1, knots - 2],
    ] as const) {
      const width = Math.abs((own[end] as number) - (own[inner] as number));
      if (width < 1.5 * gap) rises[end] = Math.min(rises[end] as number, TAIL_OF_EQUALS / sd);
    }
    x.set(own, j * knots);
    y.set(normal, j * knots);
    slopes.set(rises, j * knots);
  }
  return { x, y, slopes };
}

/** Slopes at the knots of one column: the geometric mean of those of the bins beside it. */
export function knotSlopes(x: Float64Array, y: Float64Array): Float64Array {
  const last = x.length - 2;
  const ofBin = (k: number): number => {
    const bin = Math.min(Math.max(k, 0), last);
    return ((y[bin + 1] as number) - (y[bin] as number)) / ((x[bin + 1] as number) - (x[bin] as number));
  };
  return x.map((_, k) => Math.sqrt(ofBin(k - 1)) * Math.sqrt(ofBin(k)));
}

/** Refuses a number of knots that makes no spline. */
export function checkKnots(where: string, knots: number): number {
  if (!Number.isSafeInteger(knots) || knots < 2 || knots > MAX_KNOTS) {
    throw new OptionError(
      `${where}: expected knots to be an integer from 2 to ${MAX_KNOTS}, got ${describeValue(knots)}.`,
    );
  }
  return knots;
}

/** With more, a thousandth of a standard deviation between them would take half of the spread. */
export const MAX_KNOTS = 500;

function smallestGap(sorted: Float64Array, sd: number): number {
  if (sd === 0) return 0;
  return Math.max(
    MIN_GAP * sd,
    RESOLUTION * Math.max(Math.abs(sorted[0] as number), Math.abs(sorted.at(-1) as number)),
  );
}

/** Of the values themselves; exactly 0 when they are all the same. */
function standardDeviation(sorted: Float64Array): number {
  if (sorted[0] === sorted.at(-1)) return 0;
  const mean = sorted.reduce((sum, v) => sum + v, 0) / sorted.length;
  return Math.sqrt(sorted.reduce((sum, v) => sum + (v - mean) ** 2, 0) / sorted.length);
}

/**
 * The numbers closest to increasing ones, by least squares, with at least `gap` between neighbors: without their gaps
 * they do not decrease, and of such numbers the closest are means of blocks (pool adjacent violators).
 */
function spread(values: Float64Array, gap: number): Float64Array {
  const blocks: { sum: number; count: number }[] = [];
  const meanOf = ({ sum, count }: { sum: number; count: number }): number => sum / count;
  for (const [k, value] of values.entries()) {
    let block = { sum: value - k * gap, count: 1 };
    for (let before = blocks.at(-1); before !== undefined && meanOf(before) > meanOf(block); before = blocks.at(-1)) {
      blocks.pop();
      block = { sum: before.sum + block.sum, count: before.count + block.count };
    }
    blocks.push(block);
  }
  return Float64Array.from(
    blocks.flatMap((block) => Array<number>(block.count).fill(meanOf(block))),
    (mean, k) => mean + k * gap,
  );
}
