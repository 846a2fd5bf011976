import { type Bijection, type NdArray, ndArray } from "@pushforward/core";
import { tensorValues } from "@pushforward/core/extend";
import { type ColumnStatistics, columnStatistics, standardize } from "@pushforward/datasets";
import { joinNumbers } from "@pushforward/datasets/extend";
import { SoftLog, type TableRows } from "@pushforward/tables/extend";
import { BoxConstraint, ConstantAffine, chain } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { columnOf, evenRows } from "./repeated-values.ts";

/** The range of a column, in the units of the table. */
export interface Bound {
  readonly column: number;
  /** −∞ for none. */
  readonly low: number;
  /** ∞ for none. */
  readonly high: number;
}

/** Rows that the first or last number of a grid needs to be an end of the grid: a number, and a share. */
const LEAST_ROWS = 5;
const LEAST_SHARE = 0.05;
/** Largest distance of 0 from the lowest number, in distances of the lowest number from the median, to be a bound. */
const NEAR = 1;
/** Bounds of a grid lie this share of a step further inside, so that no sample is rounded to a number outside. */
const INSIDE = 1e-5;

/**
 * Finds the columns with a bound that a flow would cross: 0 for positive numbers near it, and the first and the
 * last number of a grid if many rows have it.
 *
 * @param parts training and validation rows, without noise.
 * @param steps grid spacings of the columns with noise, by index.
 */
export function findBounds(parts: readonly NdArray[], steps: ReadonlyMap<number, number>): readonly Bound[] {
  const width = parts[0]?.shape[1] as number;
  const rows = parts.map((part) => evenRows(part, Number.POSITIVE_INFINITY));
  return Array.from({ length: width }, (_, column): Bound => {
    const numbers = joinNumbers(parts.map((part, p) => columnOf(part, column, rows[p] as Int32Array)));
    return { column, ...rangeOf(numbers.sort(), steps.get(column) ?? 0) };
  }).filter(({ low, high }) => Number.isFinite(low) || Number.isFinite(high));
}

/** @param step 0 for numbers that are on no grid. */
function rangeOf(sorted: Float64Array, step: number): Omit<Bound, "column"> {
  const [first, median, last] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)] as [number, number, number];
  if (first === last) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const reach = (0.5 - INSIDE) * step;
  const least = Math.max(LEAST_ROWS, LEAST_SHARE * sorted.length);
  const isEnd = (end: number): boolean => step > 0 && sorted.filter((value) => value === end).length >= least;
  const isNearZero = (step > 0 ? first >= 0 : first > 0) && first <= NEAR * (median - first);
  return {
    low: isEnd(first) ? first - reach : isNearZero ? 0 - reach : Number.NEGATIVE_INFINITY,
    high: isEnd(last) ? last + reach : Number.POSITIVE_INFINITY,
  };
}

/** Rows after a map, and the logarithm of its slope for each row. */
interface MappedRows {
  readonly x: NdArray;
  readonly logSlope: Float64Array;
}

/** Rows in the units of the members. */
export interface MemberRows {
  readonly rows: TableRows;
  /** `ln |dy/dv|` of each row, y in the units of the members and v in the units of the model; undefined if both are equal. */
  readonly logSlope: Float64Array | undefined;
}

/** Rows in the units of the model as rows in the units of the members. */
export function toMembers(rows: TableRows, bounded: BoundedColumns | undefined): MemberRows {
  if (bounded === undefined) return { rows, logSlope: undefined };
  const { x, logSlope } = throughInverse(rows.x, bounded.layers());
  return { rows: { ...rows, x }, logSlope };
}

/** Widths of the bend at a single bound that are tried, as shares of the median distance from the bound. */
const BENDS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];
/** Smallest distance from a bound, as a share of the bend. */
const LEAST_RATIO = 1e-6;
/** Range of a column with a single bound, in distances of the farthest number from the bound. */
const RANGE = 20;
/** Range of such a column in bends. The layer has one for all columns, and float32 limits it. */
const LEAST_SHARPNESS = 100;
const MOST_SHARPNESS = 1e4;
const CHUNK_ROWS = 16_384;

/**
 * A map from the units of members, where each column is standardized and unbounded, to the units of the model, where a
 * bounded column is the distance from its bound in standard deviations. It is nearly linear but for bends at the bounds. A
 * number outside is taken for the nearest number inside.
 */
export class BoundedColumns {
  readonly bounds: readonly Bound[];
  /** Statistics of the columns, with the bounds instead of the means: the units of the model. */
  readonly statistics: ColumnStatistics;
  private readonly map: readonly Bijection[];

  /** @param x training rows in the units of the table. */
  constructor(x: NdArray, bounds: readonly Bound[], statistics: ColumnStatistics) {
    const mean = Float64Array.from(statistics.mean);
    for (const { column, low, high } of bounds) mean[column] = Number.isFinite(low) ? low : high;
    this.bounds = bounds;
    this.statistics = { ...statistics, mean };
    const rows = standardize(x, this.statistics);
    const boxes = this.boxes(rows);
    const { mean: shift, sd: scale } = columnStatistics(throughInverse(rows, boxes).x);
    // Columns without bounds are in standard units.
    for (const j of shift.keys()) {
      if (bounds.some(({ column }) => column === j)) continue;
      shift[j] = 0;
      scale[j] = 1;
    }
    this.map = [new ConstantAffine({ shift, scale }), ...boxes];
  }

  /** The map, as layers at the data end of a member. */
  layers(): readonly Bijection[] {
    return this.map;
  }

  /** One layer for the columns with a single bound, one for the columns with two. */
  private boxes(rows: NdArray): BoxConstraint[] {
    const single = this.bounds.filter((bound) => !isDouble(bound)).map((bound) => ({ bound, ...bendOf(rows, bound) }));
    const ranges = single.map(({ bend, farthest }) => (RANGE * farthest) / bend);
    const sharpness = Math.min(MOST_SHARPNESS, Math.max(LEAST_SHARPNESS, ...ranges));
    const boxes = [
      this.box(
        single.map(({ bound: { column, low }, bend }) => {
          const range = sharpness * bend;
          return Number.isFinite(low) ? { column, low: 0, high: range } : { column, low: -range, high: 0 };
        }),
        sharpness,
      ),
      this.box(
        this.bounds.filter(isDouble).map(({ column, low, high }) => {
          return { column, low: 0, high: (high - low) / (this.statistics.sd[column] as number) };
        }),
      ),
    ];
    return boxes.filter((box) => box !== undefined);
  }

  /** @param ranges in the units of the model. */
  private box(ranges: readonly Bound[], sharpness?: number): BoxConstraint | undefined {
    if (ranges.length === 0) return undefined;
    const low = this.statistics.mean.map(() => Number.NEGATIVE_INFINITY);
    const high = this.statistics.mean.map(() => Number.POSITIVE_INFINITY);
    for (const range of ranges) {
      low[range.column] = range.low;
      high[range.column] = range.high;
    }
    return new BoxConstraint({ low, high, ...(sharpness !== undefined && { sharpness }) });
  }
}

function isDouble({ low, high }: Bound): boolean {
  return Number.isFinite(low) && Number.isFinite(high);
}

/** The width of a bend that makes the numbers of a column most similar to a Gaussian, and the largest of the numbers. */
function bendOf(rows: NdArray, { column }: Bound): { readonly bend: number; readonly farthest: number } {
  const distances = columnOf(rows, column, evenRows(rows, Number.POSITIVE_INFINITY)).map(Math.abs).sort();
  const count = distances.length;
  const median = distances[count >> 1] as number;
  const costs = BENDS.map((part) => {
    const bend = part * median;
    const softLog = new SoftLog(bend);
    const inside = distances.map((distance) => Math.max(distance, LEAST_RATIO * bend));
    const { sd } = columnStatistics(
      ndArray(
        [count, 1],
        inside.map((x) => softLog.forward(x)),
      ),
    );
    return Math.log(sd[0] as number) - inside.reduce((sum, x) => sum + softLog.logSlope(x), 0) / count;
  });
  return {
    bend: median * (BENDS[costs.indexOf(Math.min(...costs))] as number),
    farthest: distances[count - 1] as number,
  };
}

/** Rows through the inverses of some layers, computed in chunks. Numbers outside of a box move to its edge. */
function throughInverse({ shape, data }: NdArray, layers: readonly Bijection[]): MappedRows {
  const [rows, width] = shape as unknown as readonly [number, number];
  const map = chain([...layers]);
  const y = new Float64Array(rows * width);
  const logSlope = new Float64Array(rows);
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - from);
    const values = tensorValues(() => {
      let x: tf.Tensor = tf.tensor(Float32Array.from(data.subarray(from * width, (from + count) * width)), [
        count,
        width,
      ]);
      for (const layer of layers) {
        if (layer instanceof BoxConstraint) x = tf.minimum(tf.maximum(x, [...layer.low]), [...layer.high]);
      }
      const [value, logDet] = map.inverseAndLogDet(x);
      return tf.concat([value, tf.reshape(logDet, [count, 1])], 1);
    });
    for (let i = 0; i < count; i++) {
      const row = values.subarray(i * (width + 1), (i + 1) * (width + 1));
      y.set(row.subarray(0, width), (from + i) * width);
      logSlope[from + i] = row[width] as number;
    }
  }
  return { x: ndArray(shape, y), logSlope };
}

/** Description of the bounds, in the numbers that are possible. */
export function boundsNote(bounds: readonly Bound[], columnNames: readonly string[] | undefined): string {
  const ranges = bounds.map(({ column, low, high }) => {
    const name = columnNames?.[column] ?? column + 1;
    const [least, most] = [low, high].map((end) => Number(end.toPrecision(5)));
    if (isDouble({ column, low, high })) return `${name} from ${least} to ${most}`;
    return Number.isFinite(low) ? `${name} above ${least}` : `${name} below ${most}`;
  });
  return `Bounds: ${ranges.join(", ")}. No sample is outside.`;
}
