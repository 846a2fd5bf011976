import type { Column, Table } from "@pushforward/datasets";
import { getColumn } from "@pushforward/datasets/extend";
import { CELL_SIZE, type CellCoding, rangeOf, type Tilt } from "@pushforward/tables/extend";

/** Draws of a question. */
interface Draws {
  readonly table: Table;
  /** By the name of a column: 1 for each draw with a number that follows from a known copy. Tilts leave these draws as they are. */
  readonly pulled?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** Draws with weights, which have the sum 1. */
interface WeightedDraws extends Draws {
  readonly weights: Float64Array;
}

type TiltCoding = Pick<CellCoding, "codes" | "components" | "encode">;

/** Draws of a question with uneven weights. */
export interface TiltTask {
  /** Columns to draw, in the order of the model, with their codings. */
  readonly columns: readonly { readonly name: string; readonly coding: TiltCoding }[];
  /** Draws in the order of the columns, without tilts. */
  readonly proposed: Draws;
  /** Draws with weights for the answer, and the effective number of these draws. */
  readonly answer: WeightedDraws;
  readonly size: number;
}

/** Ranges of numbers with a factor of their own. */
const RANGES = 12;
/** Draws with the factor 1 that count in addition to the effective ones. */
const PRIOR = 8;
/**
 * The effective draws of the answer that tilts are learned from. With fewer, the weights are raised to a power below 1, as
 * the cross-entropy method does for rare events by intermediate distributions.
 */
const LEAST_SIZE = 100;
/** The logarithm of the largest factor, and the gain below which a tilt is not worth its candidates, in nats. */
const MOST = Math.log(50);
const LEAST_GAIN = 0.05;

/**
 * Learns tilts for the draws of a question by the cross-entropy method (Rubinstein and Kroese 2004): the factor of a
 * code or range is its share in the answer over its share among the draws with the tilts of the columns before it. With the
 * effective number n of draws that the answer has, each factor f becomes `(n f + 8) / (n + 8)`. The ranges of a number are
 * the ranges of its difference from a multiple of an earlier number, if the answer depends on this difference. Where n is
 * below 100, the weights of the answer are raised to the power with n = 100.
 */
export function learnTilts({ columns, proposed, answer: asked, size: ofAsked }: TiltTask): Map<string, Tilt> {
  const tilts = new Map<string, Tilt>();
  const { size, ...answer } = tempered(asked, ofAsked);
  const { rows } = proposed.table;
  const all = { ...proposed, weights: new Float64Array(rows).fill(1 / rows) };
  const numbers: string[] = [];
  for (const { name, coding } of columns) {
    const [before, after] = [withoutPulled(all, name), withoutPulled(answer, name)];
    if (before === undefined || after === undefined) continue;
    const samples = { name, before, after, size };
    const isCoded = coding.components === 0;
    const tried = isCoded
      ? [tiltOfCodes(samples, coding)]
      : [undefined, ...numbers].map((other) => tiltOfRanges(samples, other));
    const { tilt, places, gain } = tried.reduce((best, one) => (one.gain > best.gain ? one : best));
    if (!isCoded) numbers.push(name);
    if (gain < LEAST_GAIN) continue;
    tilts.set(name, tilt);
    multiply(all, name, places, tilt.logFactors);
  }
  return tilts;
}

/** Draws with powers of their weights, and the effective number of these draws. */
function tempered(draws: WeightedDraws, size: number): WeightedDraws & { readonly size: number } {
  let result = { ...draws, size };
  if (size >= LEAST_SIZE) return result;
  let [low, high] = [0, 1];
  for (let step = 0; step < 12; step++) {
    const power = (low + high) / 2;
    const raised = draws.weights.map((weight) => (weight > 0 ? weight ** power : 0));
    const total = raised.reduce((sum, weight) => sum + weight, 0);
    const weights = raised.map((weight) => weight / total);
    result = { ...draws, weights, size: 1 / weights.reduce((sum, weight) => sum + weight * weight, 0) };
    [low, high] = result.size > LEAST_SIZE ? [power, high] : [low, power];
  }
  return result;
}

/** The draws of a column that tilts change, with weights of the sum 1; undefined if no draw has a weight. */
function withoutPulled(draws: WeightedDraws, name: string): WeightedDraws | undefined {
  const flags = draws.pulled?.get(name);
  if (flags === undefined) return draws;
  const weights = draws.weights.map((weight, row) => (flags[row] === 1 ? 0 : weight));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total > 0 ? { ...draws, weights: weights.map((weight) => weight / total) } : undefined;
}

interface Samples {
  readonly name: string;
  readonly before: WeightedDraws;
  readonly after: WeightedDraws;
  readonly size: number;
}

interface TriedTilt {
  readonly tilt: Tilt;
  /** The code or range of each proposed cell; −1 for none. */
  readonly places: Int32Array;
  /** The mean log-density of the answer by the draws with the tilt minus the same without, in nats. */
  readonly gain: number;
}

function tiltOfCodes({ name, before, after, size }: Samples, coding: TiltCoding): TriedTilt {
  const placesOf = ({ table }: WeightedDraws): Int32Array => {
    const { cells } = coding.encode(getColumn(table, name));
    return Int32Array.from({ length: table.rows }, (_, row) => cells[row * CELL_SIZE] as number);
  };
  const [own, wanted] = [placesOf(before), placesOf(after)];
  const { logFactors, gain } = factors(own, wanted, { before, after, size, count: coding.codes });
  return { tilt: { logFactors }, places: own, gain };
}

/** @param other the earlier number of which a multiple is subtracted; none: the number itself. */
function tiltOfRanges({ name, before, after, size }: Samples, other: string | undefined): TriedTilt {
  const multiple = other === undefined ? 0 : (size / (size + PRIOR)) * slope(after, name, other);
  const numbersOf = ({ table }: WeightedDraws): Float64Array => {
    const shifts = other === undefined ? undefined : numbersIn(table, other);
    return numbersIn(table, name).map((x, row) => {
      const shift = shifts?.[row] ?? 0;
      return x - (Number.isNaN(shift) ? 0 : multiple * shift);
    });
  };
  const [own, wanted] = [numbersOf(before), numbersOf(after)];
  const bounds = boundsBetween([own, wanted], [before.weights, after.weights]);
  const placesOf = (numbers: Float64Array): Int32Array => Int32Array.from(numbers, (x) => rangeOf(bounds, x));
  const places = placesOf(own);
  const { logFactors, gain } = factors(places, placesOf(wanted), { before, after, size, count: bounds.length + 2 });
  return {
    tilt: { logFactors, bounds, ...(other !== undefined && { minus: new Map([[other, multiple]]) }) },
    places,
    gain,
  };
}

function factors(
  own: Int32Array,
  wanted: Int32Array,
  { before, after, size, count }: Omit<Samples, "name"> & { readonly count: number },
): { readonly logFactors: Float64Array; readonly gain: number } {
  const [p, q] = [sharesOf(own, before.weights, count), sharesOf(wanted, after.weights, count)];
  const logFactors = p.map((share, place) => {
    const asked = q[place] as number;
    // What no draw had, a tilt cannot judge.
    const factor = share === 0 ? (asked === 0 ? 1 : Number.POSITIVE_INFINITY) : asked / share;
    return Math.min(Math.log((size * factor + PRIOR) / (size + PRIOR)), MOST);
  });
  let [mean, total] = [0, 0];
  for (const [place, logFactor] of logFactors.entries()) {
    mean += (q[place] as number) * logFactor;
    total += (p[place] as number) * Math.exp(logFactor);
  }
  return { logFactors, gain: mean - Math.log(total) };
}

function sharesOf(places: Int32Array, weights: Float64Array, count: number): Float64Array {
  const shares = new Float64Array(count);
  for (const [row, place] of places.entries()) {
    if (place >= 0) shares[place] = (shares[place] as number) + (weights[row] as number);
  }
  return shares;
}

/** Multiplies the weights of draws by the factors of the places. The sum of all weights stays. */
function multiply(
  { weights, pulled }: WeightedDraws,
  name: string,
  places: Int32Array,
  logFactors: Float64Array,
): void {
  const flags = pulled?.get(name);
  let [before, after] = [0, 0];
  for (const [row, place] of places.entries()) {
    if (flags?.[row] === 1) continue;
    before += weights[row] as number;
    if (place >= 0) weights[row] = (weights[row] as number) * Math.exp(logFactors[place] as number);
    after += weights[row] as number;
  }
  for (let row = 0; row < weights.length; row++) {
    if (flags?.[row] !== 1) weights[row] = ((weights[row] as number) * before) / after;
  }
}

/** Quantiles of the numbers of two samples, half of the weight for each. */
function boundsBetween(samples: readonly Float64Array[], weights: readonly Float64Array[]): Float64Array {
  const present = samples
    .flatMap((numbers, s) => Array.from(numbers, (value, row) => ({ value, weight: weights[s]?.[row] as number })))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.value - b.value);
  const total = present.reduce((sum, { weight }) => sum + weight, 0);
  const bounds: number[] = [];
  let sum = 0;
  for (const { value, weight } of present) {
    sum += weight;
    const isNext = sum >= ((bounds.length + 1) / RANGES) * total;
    if (isNext && bounds.length < RANGES - 1 && value !== bounds.at(-1)) bounds.push(value);
  }
  return Float64Array.from(bounds);
}

function numbersIn(table: Table, name: string): Float64Array {
  const column: Column = getColumn(table, name);
  return column.kind === "number" ? column.values : new Float64Array(table.rows).fill(Number.NaN);
}

/** The slope of a line through weighted points; 0 if the other number is constant. */
function slope({ table, weights }: WeightedDraws, name: string, other: string): number {
  const [x, y] = [numbersIn(table, other), numbersIn(table, name)];
  let [total, sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0, 0];
  const origin = x.find((value) => !Number.isNaN(value)) ?? 0;
  for (let row = 0; row < x.length; row++) {
    const [w, u, v] = [weights[row] as number, (x[row] as number) - origin, y[row] as number];
    if (Number.isNaN(u) || Number.isNaN(v)) continue;
    total += w;
    sumX += w * u;
    sumY += w * v;
    sumXX += w * u * u;
    sumXY += w * u * v;
  }
  const variance = total * sumXX - sumX * sumX;
  return variance > 1e-9 * total * sumXX ? (total * sumXY - sumX * sumY) / variance : 0;
}
