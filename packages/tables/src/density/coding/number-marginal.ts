import { isInDomain, type NumberDomain } from "@pushforward/columns/extend";
import { isOnGrid } from "@pushforward/datasets/extend";
import type { RowOrigin } from "./category-coding.ts";
import { above, type CyclicDensity, cyclicKnots, interpolate } from "./cyclic-knots.ts";
import { findCycles } from "./find-cycles.ts";
import type { ValueCounts } from "./kernel-knots.ts";
import { type DistributionKnots, quantileKnots } from "./quantile-knots.ts";

/** The parts of a {@link NumberMarginal}, as a model file stores them. */
export interface NumberMarginalOptions extends DistributionKnots {
  /** Spacing of the values; 0 for real numbers. */
  readonly step: number;
  /** Values that have a share of the mass by how often they occur; the rest follows the knots. */
  readonly observed?: ObservedValues | undefined;
  /** How the mass between two knots is spread over the parts of periods, one after the other. Default: evenly. */
  readonly cycles?: readonly CyclicDensity[] | undefined;
}

/** Values that repeat. */
export interface ObservedValues {
  /** Rising. */
  readonly values: readonly number[];
  readonly counts: readonly number[];
  /** Total mass of the values. */
  readonly share: number;
  /** Subtracted from each count: a value has a part of the mass in proportion to the rest. Default: 0. */
  readonly discount?: number | undefined;
  /** Of real numbers: the width of the interval around a value that has its mass. Default: the step. */
  readonly width?: number | undefined;
}

/** The masses below, in and above a cell. */
export interface MarginalCell {
  readonly below: number;
  readonly mass: number;
  readonly above: number;
}

/**
 * Maximum number of values with repetitions counted in addition to knots, and the minimum probability that a new row
 * has such a value.
 */
const MAX_REPEATED = 60_000;
const LEAST_REPEATED = 0.03;

/**
 * The marginal distribution of a column of numbers: a distribution function that is linear between knots, its inverse,
 * and the probability of a value. A value of a column with a step has the mass of its cell `x ± step/2`; a real value
 * has the density.
 */
export class NumberMarginal {
  readonly knots: Float64Array;
  readonly cumulative: Float64Array;
  readonly step: number;
  readonly options: NumberMarginalOptions;
  /** The distribution without the observed values. */
  private readonly smooth: { readonly knots: Float64Array; readonly cumulative: Float64Array };
  /** The mass of the smooth distribution between two neighbors of its knots. */
  private readonly pieces: Float64Array;
  /** The observed values, rising. */
  private readonly observed: Float64Array;
  /** The mass of each observed value in addition to the smooth distribution. */
  private readonly observedMass: Float64Array;
  /** Sums of these masses up to each place, from 0, and their total. */
  private readonly observedBefore: Float64Array;
  private readonly share: number;
  /** The part of the mass that a single row adds. */
  private readonly massOfOne: Float64Array;

  constructor(options: NumberMarginalOptions) {
    const { knots, cumulative, step, observed, cycles = [] } = options;
    this.options = options;
    this.step = step;
    const even = { knots: Float64Array.from(knots), cumulative: Float64Array.from(cumulative) };
    const smooth = cycles.reduce(cyclicKnots, even);
    const whole = observed === undefined ? smooth : blended(smooth, observed, observed.width ?? step);
    this.smooth = smooth;
    this.pieces = smooth.cumulative.map((u, k) => (k === 0 ? 0 : u - (smooth.cumulative[k - 1] as number))).subarray(1);
    this.knots = whole.knots;
    this.cumulative = whole.cumulative;
    const left = observed === undefined ? [] : discounted(observed);
    const unit = (observed?.share ?? 0) / left.reduce((sum, count) => sum + count, 0);
    this.observed = Float64Array.from(observed?.values ?? []);
    this.observedMass = Float64Array.from(left, (count) => unit * count);
    this.share = observed?.share ?? 0;
    this.observedBefore = Float64Array.from([0, ...cumulated(this.observedMass)]);
    this.massOfOne = Float64Array.from(left, (count) => unit * Math.min(1, count));
  }

  get low(): number {
    return this.knots[0] as number;
  }

  get high(): number {
    return this.knots[this.knots.length - 1] as number;
  }

  /** F(x), from 0 below the first knot to 1 above the last. */
  cdf(x: number): number {
    if (!(x > this.low)) return Number.isNaN(x) ? Number.NaN : 0;
    if (x >= this.high) return 1;
    return interpolate(this.knots, this.cumulative, x);
  }

  /** F⁻¹(u) for 0 ≤ u ≤ 1. */
  quantile(u: number): number {
    if (u <= 0) return this.low;
    if (u >= 1) return this.high;
    return interpolate(this.cumulative, this.knots, u);
  }

  /**
   * The cell `x ± step/2` of a value of a column with a step: the masses below, in and above the cell, which add up to 1. The
   * mass of the cell is the sum of its smooth mass and of its observed value, because the difference of two values of F loses
   * the mass of a narrow cell.
   *
   * @param origin for an "own" value the masses are leave-one-out: without the value itself. Default: "new".
   */
  cell(x: number, origin: RowOrigin = "new"): MarginalCell {
    const half = this.step / 2;
    const place = this.observedPlace(x, half);
    const from = place ?? above(this.observed, x);
    const to = place === undefined ? from : place + 1;
    const [before, until] = [this.observedBefore[from] as number, this.observedBefore[to] as number];
    const own = origin === "own" && place !== undefined ? (this.massOfOne[place] as number) : 0;
    const smooth = 1 - this.share;
    const mass = smooth * this.smoothMass(x) + (place === undefined ? 0 : (this.observedMass[place] as number)) - own;
    const rest = 1 - own;
    return {
      below: (smooth * this.smoothBelow(x - half) + before) / rest,
      mass: mass / rest,
      above: (smooth * this.smoothAbove(x + half) + (this.observedBefore.at(-1) as number) - until) / rest,
    };
  }

  private smoothBelow(x: number): number {
    const { knots, cumulative } = this.smooth;
    return x <= this.low ? 0 : x >= this.high ? 1 : interpolate(knots, cumulative, x);
  }

  /** As 1 minus the mass below, but it loses nothing near the last knot. */
  private smoothAbove(x: number): number {
    const { knots, cumulative } = this.smooth;
    if (x <= this.low || x >= this.high) return x <= this.low ? 1 : 0;
    const k = above(knots, x);
    const [from, to] = [knots[k - 1] as number, knots[k] as number];
    return 1 - (cumulative[k] as number) + ((to - x) / (to - from)) * (this.pieces[k - 1] as number);
  }

  /** The mass of a cell by the knots. */
  private smoothMass(x: number): number {
    const { knots } = this.smooth;
    const [low, high] = [x - this.step / 2, x + this.step / 2];
    let mass = 0;
    for (let k = Math.max(above(knots, low), 1); k < knots.length; k++) {
      const [from, to] = [knots[k - 1] as number, knots[k] as number];
      if (from >= high) break;
      // The width of a cell is known; the difference of its ends has the rounding of x.
      const width = from <= low && high <= to ? this.step : Math.min(to, high) - Math.max(from, low);
      mass += (this.pieces[k - 1] as number) * Math.min(1, width / (to - from));
    }
    return mass;
  }

  /** `true` for a value that has a mass in addition to the smooth distribution. */
  isObserved(x: number): boolean {
    return this.observedPlace(x, 0) !== undefined;
  }

  /** The place of the observed value nearest to a number, up to a distance. */
  private observedPlace(x: number, reach: number): number | undefined {
    const { observed } = this;
    const after = above(observed, x);
    const [before, over] = [
      x - (observed[after - 1] ?? Number.NEGATIVE_INFINITY),
      (observed[after] ?? Number.POSITIVE_INFINITY) - x,
    ];
    if (Math.min(before, over) > reach) return undefined;
    return before <= over ? after - 1 : after;
  }

  /** The density at x: the slope of F. @param origin as in {@link cell}. Default: "new". */
  density(x: number, origin: RowOrigin = "new"): number {
    if (x < this.low || x > this.high) return 0;
    const k = Math.min(above(this.knots, x), this.knots.length - 1);
    const [from, to] = [this.knots[k - 1] as number, this.knots[k] as number];
    const place = origin === "own" ? this.observedPlace(x, 0) : undefined;
    const own = place === undefined ? 0 : (this.massOfOne[place] as number);
    const mass = (this.cumulative[k] as number) - (this.cumulative[k - 1] as number);
    return Math.max(0, mass - own) / (1 - own) / (to - from);
  }

  /** Returns the value of the column with a cell that contains F⁻¹(u), on the grid if the column has a grid. */
  value(u: number): number {
    const x = this.quantile(u);
    if (this.step === 0) return this.observedAt(x);
    // Cells begin at the knots' own grid, which the first knot fixes.
    const first = this.low + this.step / 2;
    const last = Math.round((this.high - this.low) / this.step) - 1;
    return first + this.step * Math.min(Math.max(Math.round((x - first) / this.step), 0), last);
  }

  /** The observed value whose interval contains a real number; the number itself if there is none. */
  private observedAt(x: number): number {
    const place = this.observedPlace(x, (this.options.observed?.width ?? 0) / 2);
    return place === undefined ? x : (this.observed[place] as number);
  }
}

/** Known facts about a column in addition to its values. */
export interface NumberMarginalHints {
  /** Where the values of a column without a step end. Default: anywhere. */
  readonly domain?: NumberDomain | undefined;
  /** Other values of a column with a step, which have no mass here. Default: none. */
  readonly without?: readonly number[] | undefined;
  /** Periods of dates, in seconds. Default: no dates. */
  readonly periods?: readonly number[] | undefined;
}

/**
 * Fits the distribution of some values: quantile knots half-way between values and, with a step, the frequencies of the
 * observed values.
 */
export function numberMarginal(
  counted: ValueCounts,
  step: number,
  { domain, without = [], periods }: NumberMarginalHints = {},
): NumberMarginal {
  const all = quantileKnots(counted, step, domain);
  const { cycles, ...knots } = findCycles(all, counted, step, { periods, without });
  const smooth = new NumberMarginal({ ...knots, step, ...(cycles.length > 0 && { cycles }) });
  const width = step === 0 ? spikeWidth(counted) : undefined;
  const isSearched = counted.values.length <= MAX_REPEATED && (step > 0 || width !== undefined);
  const observed = isSearched ? repeatedValues(counted, smooth, width) : undefined;
  return observed === undefined ? smooth : new NumberMarginal({ ...smooth.options, observed });
}

/** Maximum decimals of numbers that may repeat because they were rounded, and the least gap of other numbers in their units. */
const ROUNDED_DECIMALS = 10;
const UNITS_APART = 100;
/** Width of the interval of a repeated real number, as a share of the distance of its nearest neighbors. */
const SPIKE = 0.25;
/** Distance, as a share of the range, up to which two numbers differ by rounding. */
const ROUNDING = 1e-9;

/** The width of the intervals of repeated real numbers; undefined for numbers that repeat because they are rounded. */
function spikeWidth({ values }: ValueCounts): number | undefined {
  if (values.length < 2) return undefined;
  const range = (values.at(-1) as number) - (values[0] as number);
  let least = range;
  for (let i = 1; i < values.length; i++) {
    const gap = (values[i] as number) - (values[i - 1] as number);
    if (gap > ROUNDING * range) least = Math.min(least, gap);
  }
  const isRounded = (decimals: number): boolean => values.every((x) => Number(x.toFixed(decimals)) === x);
  const decimals = Array.from({ length: ROUNDED_DECIMALS + 1 }, (_, places) => places).find(isRounded);
  return decimals !== undefined && least < UNITS_APART * 10 ** -decimals ? undefined : SPIKE * least;
}

/** Passes of expectation–maximization for the mass of the observed values. */
const PASSES = 60;
/** Maximum loss of log-likelihood for the share that matches the rows, in nats: two standard errors of the share. */
const SLACK = 2;
/** Number of shares to try up to it. */
const STEPS = 20;
/** Maximum discount, so that each repeated value keeps some mass if one of its rows is left out. */
const MOST_DISCOUNT = 0.95;

/**
 * The observed values, with a discount d = n₁ / (n₁ + 2 n₂) of each count for n₁ values seen once and n₂ seen twice
 * (Ney, Essen and Kneser 1994). Their total mass maximizes the leave-one-out likelihood of the rows under a mixture of
 * the observed values and a smooth distribution, so values that repeat by coincidence on a coarse grid belong to the
 * smooth part. Undefined if fewer than {@link LEAST_REPEATED} of the rows repeat a value, or the mass is that small.
 */
function repeatedValues(
  { values, counts }: ValueCounts,
  smooth: NumberMarginal,
  width: number | undefined,
): ObservedValues | undefined {
  const places = Array.from(counts, (_, i) => i).filter((i) => (counts[i] as number) >= 1);
  const own = places.map((i) => counts[i] as number);
  const rows = own.reduce((sum, count) => sum + count, 0);
  const once = own.filter((count) => count === 1).length;
  const again = 1 - once / rows;
  if (places.length === 0 || again < LEAST_REPEATED) return undefined;
  const twice = own.filter((count) => count === 2).length;
  const discount = Math.min(MOST_DISCOUNT, once / Math.max(1, once + 2 * twice));
  const total = rows - discount * own.length;
  const repeated = own.map((count) => Math.max(0, count - 1 - discount) / Math.max(total - 1, discount));
  const cells = places.map((i) => {
    const x = values[i] as number;
    return width === undefined ? smooth.cell(x).mass : smooth.cdf(x + width / 2) - smooth.cdf(x - width / 2);
  });
  let share = again;
  for (let pass = 0; pass < PASSES; pass++) {
    let sum = 0;
    for (const [i, count] of own.entries()) {
      const part = share * (repeated[i] as number);
      if (part > 0) sum += (count * part) / (part + (1 - share) * (cells[i] as number));
    }
    share = Math.min(sum / rows, 1 - 1e-6);
  }
  // The smooth part has observed values, too. Draws repeat values as often as rows do, if that is near the maximum.
  const byChance = cells.reduce((sum, mass) => sum + mass, 0);
  const matched = (again - byChance) / Math.max(1e-9, 1 - byChance);
  const logLikelihood = (some: number): number =>
    own.reduce((sum, count, i) => {
      const mass = some * (repeated[i] as number) + (1 - some) * (cells[i] as number);
      return mass > 0 ? sum + count * Math.log(mass) : sum;
    }, 0);
  const least = logLikelihood(share) - SLACK;
  let most = share;
  for (let step = 1; step <= STEPS && matched > share; step++) {
    const next = Math.min(share + (step / STEPS) * (matched - share), 1 - 1e-6);
    if (logLikelihood(next) < least) break;
    most = next;
  }
  share = Math.max(share / 2, Math.min(most, matched));
  if (share < LEAST_REPEATED) return undefined;
  return {
    ...{ values: places.map((i) => values[i] as number), counts: own, share, discount },
    ...(width !== undefined && { width }),
  };
}

/** Counts after the discount. */
function discounted({ counts, discount = 0 }: ObservedValues): number[] {
  return counts.map((count) => Math.max(0, count - discount));
}

function cumulated(masses: Float64Array): Float64Array {
  let sum = 0;
  return masses.map((mass) => {
    sum += mass;
    return sum;
  });
}

/** A distribution function, and the steps of values that are observed. */
function blended(
  smooth: { readonly knots: Float64Array; readonly cumulative: Float64Array },
  observed: ObservedValues,
  width: number,
): { readonly knots: Float64Array; readonly cumulative: Float64Array } {
  const { values, share } = observed;
  const counts = discounted(observed);
  const total = counts.reduce((sum, count) => sum + count, 0);
  // Neighbors on the grid share an end, up to rounding.
  const near = width * 1e-6;
  const low = smooth.knots[0] as number;
  const high = smooth.knots[smooth.knots.length - 1] as number;
  // Real numbers may begin or end at a value.
  const inside = (x: number): number => (observed.width === undefined ? x : Math.min(Math.max(x, low), high));
  const ends = Float64Array.from(values.flatMap((x) => [inside(x - width / 2), inside(x + width / 2)])).sort();
  const merged = Float64Array.from([...smooth.knots, ...ends]).sort();
  const knots = merged.filter((x, i) => i === 0 || x - (merged[i - 1] as number) > near);
  let [at, below] = [0, 0];
  const cumulative = knots.map((x) => {
    while (at < values.length && (values[at] as number) < x) below += counts[at++] as number;
    const u = x <= low ? 0 : x >= high ? 1 : interpolate(smooth.knots, smooth.cumulative, x);
    return (1 - share) * u + (share * below) / total;
  });
  cumulative[cumulative.length - 1] = 1;
  return { knots, cumulative };
}

/** Arguments of a {@link numberFloor}. */
export interface NumberFloorOptions {
  /** A value of the column, on its grid if it has one. */
  readonly center: number;
  readonly scale: number;
  /** Spacing of the values; 0 for real numbers. */
  readonly step: number;
  /** Share of the mass for numbers off the grid. Default: 0. */
  readonly offGridShare?: number | undefined;
  readonly domain?: NumberDomain | undefined;
}

/** Distance in scales beyond which t² would overflow and the width of a cell is negligible. */
const FAR = 1e100;

/**
 * The log-density of a wide distribution over all numbers that a column can have, or its log-mass for numbers on a grid: a
 * Cauchy distribution on the line, its upper part on a half-line, and a uniform one on an interval or circle. −∞ outside.
 * Numbers off the grid share a part of the mass, with the density of real numbers; without a part it is −∞.
 */
export function numberFloor(options: NumberFloorOptions): (x: number) => number {
  const wide = wideDensity(options);
  const { center, step, offGridShare = 0 } = options;
  if (step === 0) return wide;
  const [onGrid, offGrid] = [Math.log1p(-offGridShare), Math.log(offGridShare)];
  const real = offGridShare === 0 ? () => 0 : wideDensity({ ...options, step: 0 });
  return (x) => (isOnGrid(x, center, step) ? onGrid + wide(x) : offGrid + real(x));
}

function wideDensity({ center, scale, step, domain }: NumberFloorOptions): (x: number) => number {
  const cauchy = (x: number): number => logCauchy((x - center) / scale, step / (2 * scale), step === 0 ? scale : 0);
  if (domain === undefined) return cauchy;
  const { low, high } = domain;
  if (high !== undefined) {
    const logUniform = -Math.log(step === 0 ? high - low : gridPoints(domain, center, step));
    return (x) => (isInDomain(x, domain) ? logUniform : Number.NEGATIVE_INFINITY);
  }
  // A cell of a grid begins half a step before its value.
  const start = step === 0 ? low : center - step * Math.floor((center - low) / step + 1e-9) - step / 2;
  const logAbove = Math.log(0.5 - Math.atan((start - center) / scale) / Math.PI);
  return (x) => (isInDomain(x, domain) ? cauchy(x) - logAbove : Number.NEGATIVE_INFINITY);
}

/** Number of the points of a grid, which a value fixes, in a bounded domain. */
function gridPoints({ low, high = low, isCircular }: NumberDomain, value: number, step: number): number {
  const below = Math.floor((value - low) / step + 1e-9);
  const above = (high - value) / step;
  return below + 1 + (isCircular ? Math.ceil(above - 1e-9) - 1 : Math.floor(above + 1e-9));
}

/** The log-density at t, over a scale, of a Cauchy distribution; without a scale the log-mass of `t ± half`. */
function logCauchy(t: number, half: number, scale: number): number {
  const logSquare = Math.abs(t) > FAR ? 2 * Math.log(Math.abs(t)) : Math.log1p(t * t);
  if (scale > 0) return -Math.log(Math.PI * scale) - logSquare;
  if (Math.abs(t) > FAR) return Math.log((2 * half) / Math.PI) - logSquare;
  // atan b − atan a of the ends of the cell, which loses nothing far away.
  const product = 1 + (t - half) * (t + half);
  const angle = product > 0 ? Math.atan((2 * half) / product) : Math.atan(t + half) - Math.atan(t - half);
  return Math.log(angle / Math.PI);
}
