import type { ValueCounts } from "./kernel-knots.ts";

/** A distribution function that is linear between knots. */
export interface Knots {
  readonly knots: ArrayLike<number>;
  readonly cumulative: ArrayLike<number>;
}

/** Index of the first value above x; the values rise. */
export function above(values: ArrayLike<number>, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The function with values `to` at the places `from` that is linear between them. */
export function interpolate(from: ArrayLike<number>, to: ArrayLike<number>, x: number): number {
  const k = Math.min(Math.max(above(from, x), 1), from.length - 1);
  const [a, b] = [from[k - 1] as number, from[k] as number];
  const share = b > a ? (x - a) / (b - a) : 0;
  return (to[k - 1] as number) + share * ((to[k] as number) - (to[k - 1] as number));
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

/** A stretch between two knots that is in one part of a period. */
interface Stretch {
  readonly end: number;
  readonly part: number;
  /** Probability without the cycle. */
  readonly mass: number;
}

/** The parts of periods between two numbers, in order. */
function* partsBetween(
  from: number,
  to: number,
  { period, start, ends }: Pick<CyclicDensity, "period" | "start" | "ends">,
): Generator<{ readonly end: number; readonly part: number; readonly length: number }> {
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

/** Groups the stretches between knots that are at least a period apart. */
function* blocks(
  { knots, cumulative }: Knots,
  cycle: Pick<CyclicDensity, "period" | "start" | "ends">,
): Generator<readonly Stretch[]> {
  const last = knots.length - 1;
  const high = knots[last] as number;
  let block: Stretch[] = [];
  let from = knots[0] as number;
  for (let k = 1; k <= last; k++) {
    const [below, above] = [knots[k - 1] as number, knots[k] as number];
    const density = ((cumulative[k] as number) - (cumulative[k - 1] as number)) / (above - below);
    for (const { end, part, length } of partsBetween(below, above, cycle)) {
      block.push({ end, part, mass: density * length });
    }
    const isWide = above - from >= cycle.period && high - above >= cycle.period;
    if (!isWide && k < last) continue;
    yield block;
    [block, from] = [[], above];
  }
}

/**
 * The distribution function with the densities of the parts of periods. The mass between knots that are a period apart stays
 * the same.
 */
export function cyclicKnots(smooth: Knots, cycle: CyclicDensity): { knots: Float64Array; cumulative: Float64Array } {
  const [knots, cumulative] = [[smooth.knots[0] as number], [smooth.cumulative[0] as number]];
  let below = cumulative[0] as number;
  for (const block of blocks(smooth, cycle)) {
    const mass = block.reduce((sum, one) => sum + one.mass, 0);
    const total = block.reduce((sum, one) => sum + one.mass * (cycle.weights[one.part] as number), 0);
    let sum = 0;
    for (const one of block) {
      sum += one.mass * (cycle.weights[one.part] as number);
      knots.push(one.end);
      cumulative.push(below + (total > 0 ? (mass * sum) / total : 0));
    }
    below += mass;
  }
  cumulative[cumulative.length - 1] = 1;
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
 * Fits the densities of the parts of a period by maximum likelihood, as {@link cyclicKnots} has them.
 *
 * @param groups of each part; parts of a group have the same density.
 */
export function fitCycle(
  smooth: Knots,
  { values, counts }: ValueCounts,
  cycle: Omit<CyclicDensity, "weights">,
  groups: readonly number[],
): FittedCycle {
  const size = Math.max(...groups) + 1;
  const last = smooth.knots[smooth.knots.length - 1] as number;
  const found: Block[] = [];
  let at = 0;
  let total = 0;
  for (const block of blocks(smooth, cycle)) {
    const masses = new Map<number, number>();
    const rows = new Map<number, number>();
    for (const { end, part, mass } of block) {
      const group = groups[part] as number;
      masses.set(group, (masses.get(group) ?? 0) + mass);
      for (; at < values.length && ((values[at] as number) < end || end === last); at++) {
        rows.set(group, (rows.get(group) ?? 0) + (counts[at] as number));
        total += counts[at] as number;
      }
    }
    const mass = block.reduce((sum, one) => sum + one.mass, 0);
    if (mass > 0) found.push({ mass, masses: [...masses], rows: [...rows] });
  }
  const weights = new Float64Array(size).fill(1);
  const wanted = sharesOf(found, weights).map((share) => ADDED_ROWS * size * share);
  for (const { rows } of found) for (const [group, count] of rows) wanted[group] = (wanted[group] as number) + count;
  const sum = wanted.reduce((a, b) => a + b, 0);
  for (let step = 0; step < STEPS; step++) {
    for (const [group, share] of sharesOf(found, weights).entries()) {
      if (share > 0) weights[group] = ((weights[group] as number) * (wanted[group] as number)) / (sum * share);
    }
  }
  const rounded = groups.map((group) => Number((weights[group] as number).toPrecision(6)));
  const gain = gainOf(found, weights) - ((size - 1) / 2) * Math.log(Math.max(1, total));
  return { cycle: { ...cycle, weights: rounded }, gain };
}

/** Probabilities and rows between knots that are a period apart. */
interface Block {
  readonly mass: number;
  /** The probability of each group of parts without the cycle, and the rows in it. */
  readonly masses: readonly (readonly [group: number, mass: number])[];
  readonly rows: readonly (readonly [group: number, count: number])[];
}

function weighted({ masses }: Block, weights: Float64Array): number {
  return masses.reduce((sum, [group, mass]) => sum + mass * (weights[group] as number), 0);
}

/** The probability of each group. */
function sharesOf(found: readonly Block[], weights: Float64Array): Float64Array {
  const shares = new Float64Array(weights.length);
  for (const block of found) {
    const factor = block.mass / weighted(block, weights);
    for (const [group, mass] of block.masses) {
      shares[group] = (shares[group] as number) + factor * mass * (weights[group] as number);
    }
  }
  return shares;
}

function gainOf(found: readonly Block[], weights: Float64Array): number {
  let gain = 0;
  for (const block of found) {
    const factor = block.mass / weighted(block, weights);
    for (const [group, count] of block.rows) gain += count * Math.log((weights[group] as number) * factor);
  }
  return gain;
}
