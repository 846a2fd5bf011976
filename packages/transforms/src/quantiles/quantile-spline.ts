import { type Codec, DataError, type NdArray, OptionError, type Parameter, ShapeError } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  type Direction,
  describeValue,
  field,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
} from "@pushforward/core/extend";
import { formatShape, normalQuantile, quantile } from "@pushforward/core/plain";
import { columnSpline, columnSplineStep } from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";

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

/** Smallest distance relative to the size of the numbers, so that knots are distinct in float64. */
const RESOLUTION = 1e-13;

/** Probabilities of the knots for `rows` numbers. Without `rows`, their limit for infinitely large tables. */
function knotProbabilities(knots: number, rows: number = Number.POSITIVE_INFINITY): Float64Array {
  const outer = Math.min(rows === Number.POSITIVE_INFINITY ? OUTER : ROWS_BEYOND / rows, OUTER, 0.5 / (knots - 1));
  return Float64Array.from({ length: knots }, (_, k) =>
    k === 0 ? outer : k === knots - 1 ? 1 - outer : k / (knots - 1),
  );
}

/**
 * Knots at the quantiles of each column of a table, paired with normal quantiles.
 *
 * For repeated values, quantiles coincide. The knots are then the closest ones, by least squares, with a distance of at
 * least a thousandth of a standard deviation, so a repeated value is in the middle of its knots. A column with a single
 * value gets knots at unit scale around it, so it is only shifted. The slope of a tail equals the slope of the adjacent
 * bin, but it is at most 1 per standard deviation if equal values are at the end of the column. Such a bin is hundreds
 * of times steeper, and would map rare values to extreme ones.
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

/** Slopes at the knots of a column: the geometric mean of the adjacent bins. */
function knotSlopes(x: Float64Array, y: Float64Array): Float64Array {
  const last = x.length - 2;
  const ofBin = (k: number): number => {
    const bin = Math.min(Math.max(k, 0), last);
    return ((y[bin + 1] as number) - (y[bin] as number)) / ((x[bin + 1] as number) - (x[bin] as number));
  };
  return x.map((_, k) => Math.sqrt(ofBin(k - 1)) * Math.sqrt(ofBin(k)));
}

/** Refuses a number of knots that makes no spline. */
function checkKnots(where: string, knots: number): number {
  if (!Number.isSafeInteger(knots) || knots < 2 || knots > MAX_KNOTS) {
    throw new OptionError(
      `${where}: expected knots to be an integer from 2 to ${MAX_KNOTS}, got ${describeValue(knots)}.`,
    );
  }
  return knots;
}

/** With more knots, a distance of a thousandth of a standard deviation would take half of the spread. */
const MAX_KNOTS = 500;

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

const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** Options of {@link QuantileSpline}. */
export interface QuantileSplineOptions {
  readonly features: number;
  /** Knots of each column, 2 to 500. Default 17. */
  readonly knots?: number;
  /** Knots to start from on the side of the data, `[features · knots]`, increasing in each column. */
  readonly x?: ArrayLike<number>;
  /** The same on the side of the base. Both default to the quantiles of the standard normal: the identity. */
  readonly y?: ArrayLike<number>;
  /** Initial slopes dy/dx, `[features · knots]`. Default: geometric means of the adjacent bins. */
  readonly slopes?: ArrayLike<number>;
}

/**
 * A learnable monotone map of each column: the data-side map `z = g_i(x_i)`, which is `inverse`, is a rational-quadratic
 * spline through `knots` points with linear tails; `forward` is `x_i = g_i⁻¹(z_i)`, `log|det| = −Σ log g_i′(x_i)`.
 *
 * By {@link quantileSpline} the points start at quantiles of data and of the standard normal: each column is then nearly
 * normal before anything else learns. Without data it starts as the identity.
 *
 * Parameters, all unconstrained: `corners` `[features, 2]`, x and z of the first point; `logWidths` and `logHeights`
 * `[features, knots − 1]`, the logarithms of the distances between points; `logSlopes` `[features, knots]`. Knots and
 * positions in a bin are computed in float64.
 *
 * Standardize the data first: tails and close points lose float32 precision at a distance from 0.
 *
 * Shapes: z and x `[...batch, features]`, log-det `[...batch]`. ±∞ stay, NaN stays NaN.
 *
 * @throws {OptionError} `features` or `knots` is not an integer in its range; knots that do not increase, or that
 * float32 can't hold.
 * @throws {ShapeError} `x` or `y` has a wrong number of knots; wrong event shape of a value.
 * @see Durkan et al. 2019, Neural Spline Flows, https://arxiv.org/abs/1906.04032
 * @example
 * const identity = new QuantileSpline({ features: 3 });
 */
export class QuantileSpline extends AbstractBijection {
  readonly features: number;
  readonly knots: number;
  private readonly corners: Parameter;
  private readonly logWidths: Parameter;
  private readonly logHeights: Parameter;
  private readonly logSlopes: Parameter;

  constructor(options: QuantileSplineOptions) {
    checkOptions("QuantileSpline", options, { features: true, knots: true, x: true, y: true, slopes: true });
    const features = checkFeatures("QuantileSpline", options.features);
    super("QuantileSpline", [features]);
    const knots = checkKnots("QuantileSpline", options.knots ?? 17);
    this.features = features;
    this.knots = knots;
    const x = options.x && increasing("x", checkedNumbers("x", options.x, features, knots), knots);
    const y = options.y && increasing("y", checkedNumbers("y", options.y, features, knots), knots);
    const slopes = options.slopes && positive(checkedNumbers("slopes", options.slopes, features, knots));
    // Computed when they are needed: a model file is read whole before it costs anything.
    const start = (part: keyof Start) => (): Float64Array =>
      startOf(x ?? normalKnots(features, knots), y ?? normalKnots(features, knots), slopes, knots)[part];
    this.corners = parameter([features, 2], start("corners"));
    this.logWidths = parameter([features, knots - 1], start("logWidths"));
    this.logHeights = parameter([features, knots - 1], start("logHeights"));
    this.logSlopes = parameter([features, knots], start("logSlopes"));
  }

  protected forwardMap(z: tf.Tensor): MapResult {
    return this.spline(z, true);
  }

  protected inverseMap(x: tf.Tensor): MapResult {
    return this.spline(x, false);
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const { corners, logWidths, logHeights, logSlopes } = this;
    const ofSpline = direction === "forward" ? "inverse" : "forward";
    return columnSplineStep(plan, ofSpline, this.planEvent(value), { corners, logWidths, logHeights, logSlopes });
  }

  private spline(value: tf.Tensor, inverse: boolean): MapResult {
    const parameters = {
      corners: this.corners.variable,
      logWidths: this.logWidths.variable,
      logHeights: this.logHeights.variable,
      logSlopes: this.logSlopes.variable,
    };
    return columnSpline(value, parameters, { inverse });
  }
}

/**
 * A {@link QuantileSpline} initialized at the quantiles of the columns of a table and of the standard normal, at the
 * probabilities ε, 1/(knots − 1), …, 1 − ε with ε = min(2.5/rows, 0.01).
 *
 * All columns are supported. Integers and few distinct values are separated by a thousandth of a standard deviation,
 * and a column with a single value is only shifted. A tail after several equal values rises by at most 1 per standard
 * deviation, so that a rare value beyond does not become extreme.
 *
 * @param rows `[rows, features]`, the training rows.
 * @throws {ShapeError} the table is not `[rows, features]`, or empty.
 * @throws {DataError} a number is not finite; row and column count from 1.
 * @throws {OptionError} `knots` is not an integer from 2 to 500.
 * @example
 * const rows = ndArray([4, 1], new Float32Array([0.1, 0.2, 0.7, 9]));
 * using spline = quantileSpline(rows, { knots: 5 });
 */
export function quantileSpline(rows: NdArray, options: Pick<QuantileSplineOptions, "knots"> = {}): QuantileSpline {
  checkOptions("quantileSpline", options, { knots: true });
  const { knots = 17 } = options;
  checkKnots("quantileSpline", knots);
  return new QuantileSpline({
    features: rows.shape[1] as number,
    knots,
    ...quantileKnots("quantileSpline", rows, knots),
  });
}

/** Codec of {@link QuantileSpline}. */
export const quantileSplineCodec: Codec<QuantileSpline> = classCodec("pushforward/quantile-spline", QuantileSpline, {
  features: field.count(),
  knots: field.count({ min: 2, max: MAX_KNOTS }),
});

/** Values of the parameters. */
interface Start {
  readonly corners: Float64Array;
  readonly logWidths: Float64Array;
  readonly logHeights: Float64Array;
  readonly logSlopes: Float64Array;
}

function startOf(x: Float64Array, y: Float64Array, slopes: Float64Array | undefined, knots: number): Start {
  const bins = knots - 1;
  const features = x.length / knots;
  const corners = new Float64Array(features * 2);
  const logWidths = new Float64Array(features * bins);
  const logHeights = new Float64Array(features * bins);
  const logSlopes = new Float64Array(features * knots);
  for (let j = 0; j < features; j++) {
    const [ownX, ownY, given] = [x, y, slopes].map((values) => values?.subarray(j * knots, (j + 1) * knots));
    const [left, bottom] = [ownX as Float64Array, ownY as Float64Array];
    corners.set([left[0] as number, bottom[0] as number], 2 * j);
    logWidths.set(steps(left).map(Math.log), j * bins);
    logHeights.set(steps(bottom).map(Math.log), j * bins);
    logSlopes.set((given ?? knotSlopes(left, bottom)).map(Math.log), j * knots);
  }
  return { corners, logWidths, logHeights, logSlopes };
}

function steps(knots: Float64Array): Float64Array {
  return knots.subarray(1).map((value, k) => value - (knots[k] as number));
}

function normalKnots(features: number, knots: number): Float64Array {
  const normal = knotProbabilities(knots).map((p) => normalQuantile(p));
  return Float64Array.from({ length: features * knots }, (_, i) => normal[i % knots] as number);
}

function checkedNumbers(name: string, given: ArrayLike<number>, features: number, knots: number): Float64Array {
  const values = Float64Array.from(given);
  if (values.length !== features * knots) {
    throw new ShapeError(
      `QuantileSpline: expected ${name} to have ${knots} numbers for each of ${features} features, ` +
        `${features * knots} in all, got ${values.length}.`,
    );
  }
  for (const [i, value] of values.entries()) {
    if (!(Math.abs(value) <= LARGEST)) {
      throw new OptionError(
        `QuantileSpline: expected ${name}[${i}] to be a finite float32, got ${describeValue(value)}.`,
      );
    }
  }
  return values;
}

function increasing(name: string, values: Float64Array, knots: number): Float64Array {
  for (const [i, value] of values.entries()) {
    if (i % knots > 0 && !(value > (values[i - 1] as number))) {
      throw new OptionError(
        `QuantileSpline: expected ${name} to increase, got ${value} after ${values[i - 1]} at ${name}[${i}].`,
      );
    }
  }
  return values;
}

function positive(slopes: Float64Array): Float64Array {
  for (const [i, value] of slopes.entries()) {
    if (!(value > 0))
      throw new OptionError(`QuantileSpline: expected slopes[${i}] to be positive, got ${describeValue(value)}.`);
  }
  return slopes;
}
