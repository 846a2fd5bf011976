import type { ValueCounts } from "./kernel-knots.ts";

/** A distribution function that is linear between knots. */
export interface Knots {
  readonly knots: ArrayLike<number>;
  readonly cumulative: ArrayLike<number>;
}

/** Densities of the parts of a period, such as the hours of a day, relative to their mean. */
export interface CyclicDensity {
  /** In the units of the column. */
  readonly period: number;
  /** Where a period begins. */
  readonly start: number;
  /** Of the parts of a period, which have the same length. */
  readonly weights: readonly number[];
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Periods, each with the length of its parts. */
const CYCLES = [
  [DAY, HOUR],
  [7 * DAY, DAY],
  [7 * DAY, HOUR],
] as const;
/** Maximum number of parts in the range of a column. */
const MOST_PARTS = 50_000;
/** Rows that are added to each part, spread as without a cycle. */
const ADDED_ROWS = 0.5;
/** Steps of the fit of the weights. */
const STEPS = 20;

/**
 * A part of a piece between two knots: `length` of it is in part `part` of the period.
 */
interface Overlap {
  readonly end: number;
  readonly part: number;
  readonly length: number;
}

/** The parts of a period that a piece between two knots meets, in order. */
function overlaps(from: number, to: number, { period, start, weights }: CyclicDensity): Overlap[] {
  const count = weights.length;
  const width = period / count;
  const result: Overlap[] = [];
  let at = from;
  for (let place = Math.floor((from - start) / width + ROUNDING); at < to; place++) {
    const next = start + (place + 1) * width;
    // Knots differ from the ends of parts by rounding.
    const end = next > to - ROUNDING * width ? to : next;
    result.push({ end, part: ((place % count) + count) % count, length: end - at });
    at = end;
  }
  return result;
}

const ROUNDING = 1e-9;

/** The distribution function with the mass between two knots spread by the densities of the parts of a period. */
export function cyclicKnots(smooth: Knots, cycle: CyclicDensity): { knots: Float64Array; cumulative: Float64Array } {
  const [knots, cumulative] = [[smooth.knots[0] as number], [smooth.cumulative[0] as number]];
  for (let k = 1; k < smooth.knots.length; k++) {
    const pieces = overlaps(smooth.knots[k - 1] as number, smooth.knots[k] as number, cycle);
    const [below, above] = [smooth.cumulative[k - 1] as number, smooth.cumulative[k] as number];
    const total = pieces.reduce((sum, { part, length }) => sum + length * (cycle.weights[part] as number), 0);
    let sum = 0;
    for (const [i, { end, part, length }] of pieces.entries()) {
      sum += length * (cycle.weights[part] as number);
      knots.push(end);
      cumulative.push(i === pieces.length - 1 ? above : below + ((above - below) * sum) / total);
    }
  }
  return { knots: Float64Array.from(knots), cumulative: Float64Array.from(cumulative) };
}

/**
 * Fits the densities of the hours of a day, the days of a week, or the hours of a week, by maximum likelihood. The mass
 * between two knots stays the same. Undefined if the Bayesian information criterion prefers none.
 *
 * @param step spacing of the values, 0 for real numbers. @param cycles the periods in which the values have a place.
 */
export function fitCycle(
  smooth: Knots,
  counted: ValueCounts,
  step: number,
  cycles: readonly number[],
): CyclicDensity | undefined {
  const [first, last] = [smooth.knots[0] as number, smooth.knots[smooth.knots.length - 1] as number];
  // Parts begin where the cells of a grid do.
  const offset = step > 0 ? first - Math.floor(first / step) * step : 0;
  const start = offset > 0 ? offset - step : 0;
  const hasTime = cycles.includes(DAY);
  let best: { readonly cycle: CyclicDensity; readonly gain: number } | undefined;
  for (const [period, part] of CYCLES) {
    const isFiner = part === HOUR && !hasTime;
    if (!cycles.includes(period) || isFiner || step > part || (last - first) / part > MOST_PARTS) continue;
    const cycle = { period, start, weights: new Array<number>(period / part).fill(1) };
    const fitted = new CycleFit(smooth, counted, cycle).run();
    if (fitted.gain > (best?.gain ?? 0)) best = fitted;
  }
  return best?.cycle;
}

/** The fit of the densities of the parts of one period. */
class CycleFit {
  private readonly cycle: CyclicDensity;
  /** `[pieces, parts]`: the length of a piece between two knots that is in a part. */
  private readonly lengths: readonly Float64Array[];
  private readonly masses: Float64Array;
  /** `[pieces, parts]`: rows. */
  private readonly rows: readonly Float64Array[];
  /** Rows of each part. */
  private readonly ofParts: Float64Array;
  private readonly total: number;

  constructor({ knots, cumulative }: Knots, { values, counts }: ValueCounts, cycle: CyclicDensity) {
    const parts = cycle.weights.length;
    const pieces = knots.length - 1;
    this.cycle = cycle;
    this.masses = Float64Array.from(
      { length: pieces },
      (_, k) => (cumulative[k + 1] as number) - (cumulative[k] as number),
    );
    this.lengths = Array.from({ length: pieces }, (_, k) => {
      const own = new Float64Array(parts);
      for (const { part, length } of overlaps(knots[k] as number, knots[k + 1] as number, cycle)) {
        own[part] = (own[part] as number) + length;
      }
      return own;
    });
    this.rows = Array.from({ length: pieces }, () => new Float64Array(parts));
    this.ofParts = new Float64Array(parts);
    const width = cycle.period / parts;
    let piece = 0;
    let total = 0;
    for (const [i, x] of values.entries()) {
      while (piece < pieces - 1 && x > (knots[piece + 1] as number)) piece++;
      const place = Math.floor((x - cycle.start) / width);
      const part = ((place % parts) + parts) % parts;
      const own = this.rows[piece] as Float64Array;
      own[part] = (own[part] as number) + (counts[i] as number);
      this.ofParts[part] = (this.ofParts[part] as number) + (counts[i] as number);
      total += counts[i] as number;
    }
    this.total = total;
  }

  /** The fitted densities, and their gain in log-likelihood less the penalty of the criterion, in nats. */
  run(): { readonly cycle: CyclicDensity; readonly gain: number } {
    const parts = this.ofParts.length;
    const uniform = this.expected(new Float64Array(parts).fill(1));
    const wanted = this.ofParts.map((rows, part) => rows + ADDED_ROWS * parts * (uniform[part] as number));
    const sum = wanted.reduce((a, b) => a + b, 0);
    const weights = new Float64Array(parts).fill(1);
    for (let step = 0; step < STEPS; step++) {
      for (const [part, share] of this.expected(weights).entries()) {
        if (share > 0) weights[part] = ((weights[part] as number) * (wanted[part] as number)) / (sum * share);
      }
    }
    const mean = weights.reduce((a, b) => a + b, 0) / parts;
    const cycle = { ...this.cycle, weights: Array.from(weights, (weight) => Number((weight / mean).toPrecision(6))) };
    return { cycle, gain: this.gainOf(weights) - ((parts - 1) / 2) * Math.log(this.total) };
  }

  /** The probability of each part. */
  private expected(weights: Float64Array): Float64Array {
    const result = new Float64Array(weights.length);
    for (const [k, lengths] of this.lengths.entries()) {
      const all = lengths.reduce((sum, length, part) => sum + length * (weights[part] as number), 0);
      for (const [part, length] of lengths.entries()) {
        result[part] =
          (result[part] as number) + ((this.masses[k] as number) * length * (weights[part] as number)) / all;
      }
    }
    return result;
  }

  private gainOf(weights: Float64Array): number {
    let gain = 0;
    for (const [k, rows] of this.rows.entries()) {
      const lengths = this.lengths[k] as Float64Array;
      const all = lengths.reduce((sum, length, part) => sum + length * (weights[part] as number), 0);
      const own = lengths.reduce((sum, length) => sum + length, 0);
      for (const [part, count] of rows.entries()) {
        if (count > 0) gain += count * Math.log(((weights[part] as number) * own) / all);
      }
    }
    return gain;
  }
}
