import type { ValueCounts } from "./kernel-knots.ts";

/** A distribution function that is linear between knots. */
export interface Knots {
  readonly knots: ArrayLike<number>;
  readonly cumulative: ArrayLike<number>;
}

/** Densities of the parts of a period, such as the hours of a day, or round numbers and the numbers between them. */
export interface CyclicDensity {
  /** In the units of the column. */
  readonly period: number;
  /** Where a period begins. */
  readonly start: number;
  /** Where the parts end, from the start of a period; the last one is the period. */
  readonly ends: readonly number[];
  /** The densities, up to a factor. */
  readonly weights: readonly number[];
}

/** Tolerance of places, as a share of the shortest part: knots differ from the ends of parts by rounding. */
const ROUNDING = 1e-6;

/** A stretch of a piece between two knots that is in one part of a period. */
interface Stretch {
  readonly end: number;
  readonly part: number;
  readonly length: number;
}

/** The parts of periods that a piece between two knots meets, in order. */
function* stretches(from: number, to: number, { period, start, ends }: CyclicDensity): Generator<Stretch> {
  const near = ROUNDING * ends.reduce((least, end, part) => Math.min(least, end - (ends[part - 1] ?? 0)), period);
  let turn = Math.floor((from + near - start) / period);
  let part = ends.findIndex((end) => start + turn * period + end > from + near);
  for (let at = from; at < to; part++) {
    if (part === ends.length) [turn, part] = [turn + 1, 0];
    const next = start + turn * period + (ends[part] as number);
    const end = next > to - near ? to : next;
    yield { end, part, length: end - at };
    at = end;
  }
}

/** The distribution function with the mass between two knots spread by the densities of the parts of periods. */
export function cyclicKnots(smooth: Knots, cycle: CyclicDensity): { knots: Float64Array; cumulative: Float64Array } {
  const [knots, cumulative] = [[smooth.knots[0] as number], [smooth.cumulative[0] as number]];
  for (let k = 1; k < smooth.knots.length; k++) {
    const own = [...stretches(smooth.knots[k - 1] as number, smooth.knots[k] as number, cycle)];
    const [below, above] = [smooth.cumulative[k - 1] as number, smooth.cumulative[k] as number];
    const total = own.reduce((sum, { part, length }) => sum + length * (cycle.weights[part] as number), 0);
    let sum = 0;
    for (const [i, { end, part, length }] of own.entries()) {
      sum += length * (cycle.weights[part] as number);
      knots.push(end);
      cumulative.push(i === own.length - 1 ? above : below + ((above - below) * sum) / total);
    }
  }
  return { knots: Float64Array.from(knots), cumulative: Float64Array.from(cumulative) };
}

/** Rows that are added to each part, spread as without a cycle. */
const ADDED_ROWS = 0.5;
/** Steps of the fit of the weights. */
const STEPS = 20;

/** A fitted cycle. */
export interface FittedCycle {
  readonly cycle: CyclicDensity;
  /** Gain in log-likelihood, less the penalty of the Bayesian information criterion, in nats. */
  readonly gain: number;
}

/**
 * Fits the densities of the parts of a period by maximum likelihood. The mass between two knots stays the same.
 *
 * @param groups of each part; parts of a group have the same density.
 */
export function fitCycle(
  { knots, cumulative }: Knots,
  { values, counts }: ValueCounts,
  cycle: Omit<CyclicDensity, "weights">,
  groups: readonly number[],
): FittedCycle {
  const size = Math.max(...groups) + 1;
  const even = { ...cycle, weights: groups.map(() => 1) };
  const pieces: Piece[] = [];
  let at = 0;
  let total = 0;
  for (let k = 1; k < knots.length; k++) {
    const [from, to] = [knots[k - 1] as number, knots[k] as number];
    const lengths = new Map<number, number>();
    const rows = new Map<number, number>();
    for (const { end, part, length } of stretches(from, to, even)) {
      const group = groups[part] as number;
      lengths.set(group, (lengths.get(group) ?? 0) + length);
      for (; at < values.length && ((values[at] as number) < end || (k === knots.length - 1 && end === to)); at++) {
        rows.set(group, (rows.get(group) ?? 0) + (counts[at] as number));
        total += counts[at] as number;
      }
    }
    const mass = (cumulative[k] as number) - (cumulative[k - 1] as number);
    pieces.push({ mass, width: to - from, lengths: [...lengths], rows: [...rows] });
  }
  const weights = new Float64Array(size).fill(1);
  const uniform = sharesOf(pieces, weights);
  const wanted = uniform.map((share) => ADDED_ROWS * size * share);
  for (const { rows } of pieces) for (const [group, count] of rows) wanted[group] = (wanted[group] as number) + count;
  const sum = wanted.reduce((a, b) => a + b, 0);
  for (let step = 0; step < STEPS; step++) {
    for (const [group, share] of sharesOf(pieces, weights).entries()) {
      if (share > 0) weights[group] = ((weights[group] as number) * (wanted[group] as number)) / (sum * share);
    }
  }
  const rounded = groups.map((group) => Number((weights[group] as number).toPrecision(6)));
  const gain = gainOf(pieces, weights) - ((size - 1) / 2) * Math.log(Math.max(1, total));
  return { cycle: { ...cycle, weights: rounded }, gain };
}

/** What lies between two knots. */
interface Piece {
  readonly mass: number;
  readonly width: number;
  /** The length in each group of parts, and the rows in it. */
  readonly lengths: readonly (readonly [group: number, length: number])[];
  readonly rows: readonly (readonly [group: number, count: number])[];
}

function weighted({ lengths }: Piece, weights: Float64Array): number {
  return lengths.reduce((sum, [group, length]) => sum + length * (weights[group] as number), 0);
}

/** The probability of each group. */
function sharesOf(pieces: readonly Piece[], weights: Float64Array): Float64Array {
  const shares = new Float64Array(weights.length);
  for (const piece of pieces) {
    const perWeight = piece.mass / weighted(piece, weights);
    for (const [group, length] of piece.lengths) {
      shares[group] = (shares[group] as number) + perWeight * length * (weights[group] as number);
    }
  }
  return shares;
}

function gainOf(pieces: readonly Piece[], weights: Float64Array): number {
  let gain = 0;
  for (const piece of pieces) {
    const all = weighted(piece, weights);
    for (const [group, count] of piece.rows) gain += count * Math.log(((weights[group] as number) * piece.width) / all);
  }
  return gain;
}
