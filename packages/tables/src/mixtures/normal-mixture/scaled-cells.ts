import { normalQuantile } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import { normalTail } from "@pushforward/ops";
import type { RowOrigin } from "../../density/coding/category-coding.ts";
import { encodeCells, type MissingCells, UNKNOWN } from "../product-mixture/column-tables.ts";
import { type LaidOutColumn, MISSING, PRESENT } from "./mixture-layout.ts";
import type { OrderedRanks } from "./ordered-ranks.ts";

/** Widths up to which a normal is a uniform distribution. */
const NARROW = 1e-3;

/** A value on the normal scale of its column. */
export interface ScaledValue {
  /** Mean and variance of a standard normal between the bounds. */
  readonly score: number;
  readonly variance: number;
  /** Bounds of its interval; equal for a real number. */
  readonly low: number;
  readonly high: number;
  /** Of a real number: its log-density without the exponent of the standard normal, `log f(x) + z²/2`; NaN of a mass. */
  readonly logScale: number;
}

/** Cells of a column in the form that a mixture of normals reads. */
export interface ScaledCells {
  /** The code in the table of the column, {@link UNKNOWN} for a cell that is integrated out, −1 for one that no row had. */
  readonly codes: Int32Array;
  /** Of columns without an order: log-density within the code. */
  readonly logWeight: Float64Array;
  readonly logFloor: Float64Array;
  /** Of columns with an order. */
  readonly values: readonly (ScaledValue | undefined)[];
}

/** Encodes the cells of a column. */
export function scaledCells(
  column: LaidOutColumn,
  cells: Column,
  missing: MissingCells,
  origin: RowOrigin = "new",
): ScaledCells {
  const { coding, ranks } = column;
  const encoded = encodeCells(coding, cells, missing, origin);
  const { logWeight, logFloor } = encoded;
  if (ranks === undefined) return { codes: encoded.codes, logWeight, logFloor, values: [] };
  const known = new Map<number, ScaledValue | undefined>();
  const values: (ScaledValue | undefined)[] = [];
  const codes = Int32Array.from(encoded.codes, (code, row) => {
    values.push(undefined);
    if (code === UNKNOWN) return UNKNOWN;
    if (code >= 0 && code === coding.missingCode) return MISSING;
    const value = cells.kind === "number" ? (cells.values[row] as number) : code;
    if (code < 0 || Number.isNaN(value)) return -1;
    if (!known.has(value)) known.set(value, scaledValue(ranks, value, origin));
    const scaled = known.get(value);
    values[row] = scaled;
    return scaled === undefined ? -1 : PRESENT;
  });
  return { codes, logWeight, logFloor, values };
}

/** Values with a mass, which recur, by the distribution function of their column. */
const massesOf = new WeakMap<OrderedRanks, Map<number, ScaledValue>>();
const MOST_MASSES = 10_000;

/** A value on the normal scale of its column; undefined for one that no row has. */
export function scaledValue(ranks: OrderedRanks, value: number, origin: RowOrigin): ScaledValue | undefined {
  if (origin === "own") return computedValue(ranks, value, origin);
  const masses = massesOf.get(ranks) ?? new Map<number, ScaledValue>();
  if (masses.size === 0) massesOf.set(ranks, masses);
  const known = masses.get(value);
  if (known !== undefined) return known;
  const scaled = computedValue(ranks, value, origin);
  if (scaled !== undefined && Number.isNaN(scaled.logScale) && masses.size < MOST_MASSES) masses.set(value, scaled);
  return scaled;
}

function computedValue(ranks: OrderedRanks, value: number, origin: RowOrigin): ScaledValue | undefined {
  const rank = ranks.rank(value, origin);
  if (rank === undefined) return undefined;
  const low = normalQuantile(Math.min(Math.max(rank.low, 0), 1));
  if (rank.density !== undefined) {
    const logScale = Math.log(rank.density) + (low * low) / 2;
    return { score: low, variance: 0, low, high: low, logScale };
  }
  const high = normalQuantile(Math.min(Math.max(rank.high, 0), 1));
  if (!(high > low)) return undefined;
  const { score, variance } = momentsBetween(low, high);
  return { score, variance, low, high, logScale: Number.NaN };
}

/**
 * Mean and variance of a standard normal between a and b: `m = (φ(a) − φ(b)) / P` and `1 + (a φ(a) − b φ(b)) / P − m²`, where P
 * is the mass.
 */
function momentsBetween(low: number, high: number): { readonly score: number; readonly variance: number } {
  // Of narrow intervals subtraction would leave no digits.
  if (high - low < NARROW) return { score: (low + high) / 2, variance: (high - low) ** 2 / 12 };
  const mass = Math.exp(logNormalMass(low, high));
  const [ofLow, ofHigh] = [density(low), density(high)];
  const score = Math.min(Math.max((ofLow - ofHigh) / mass, low), high);
  const edges = (Number.isFinite(low) ? low * ofLow : 0) - (Number.isFinite(high) ? high * ofHigh : 0);
  return { score, variance: Math.max(1 + edges / mass - score * score, 0) };
}

function density(z: number): number {
  return Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI);
}

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Maximum width for the tangent approximation of a mass at the middle, which loses no digits to subtraction. */
const TANGENT_WIDTH = 0.02;

/** `log(Φ(high) − Φ(low))` for `low < high`; either bound may be infinite. */
export function logNormalMass(low: number, high: number): number {
  const width = high - low;
  const middle = (low + high) / 2;
  if (width * Math.max(1, Math.abs(middle)) < TANGENT_WIDTH) {
    const square = middle * middle;
    return -square / 2 - HALF_LOG_TWO_PI + Math.log(width) + Math.log1p((width * width * (square - 1)) / 24);
  }
  // In the upper tail both numbers are small, and their difference keeps its digits.
  const [near, far] = middle < 0 ? [-high, -low] : [low, high];
  const mass = normalTail(near) - normalTail(far);
  if (mass > Number.MIN_VALUE * 2 ** 52) return Math.log(mass);
  // Mills' ratio beyond 37 standard deviations.
  const square = near * near;
  const mills = Math.log1p(-1 / square + 3 / (square * square)) - Math.log(near);
  return -square / 2 - HALF_LOG_TWO_PI + mills + Math.log(-Math.expm1(-near * (far - near)));
}
