import { withoutValues } from "./category-coding.ts";
import { above, type CyclicDensity, cyclicKnots, type FittedCycle, fitCycle, type Knots } from "./cyclic-knots.ts";
import type { ValueCounts } from "./kernel-knots.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Periods of dates, each with the length of its parts. */
const CALENDAR = [
  [DAY, HOUR],
  [7 * DAY, DAY],
  [7 * DAY, HOUR],
] as const;
/** Maximum number of parts in the range of a column. */
const MOST_PARTS = 50_000;
/** Maximum number of round numbers in the range of a column, and number of distances with a fit. */
const MOST_PLACES = 10_000;
const MOST_TRIED = 3;
/** Maximum number of round numbers in a period, and minimum number of periods in the range of a column. */
const MOST_ROUND = 20;
const LEAST_PERIODS = 4;
/** Distances of round numbers, in powers of ten of the step. */
const MANTISSAS = [1, 2, 2.5, 5];
/** Maximum number of cycles of a column: round numbers, less round ones between them, and so on. */
const MOST_CYCLES = 3;
/** Number of steps beyond which places of numbers are not exact. */
const FAR = 1e9;

/**
 * Finds how the mass between two knots is spread: over the hours of a day, the days of a week or the hours of a week for
 * dates, and over round numbers and the numbers between them for other numbers on a grid. Each cycle has the largest gain in
 * likelihood after the cycles before it. Cycles without a gain by the Bayesian information criterion are left out.
 *
 * The knots of a distribution with cycles are at least a period apart: closer ones would have a part of the cycle.
 *
 * @param all knots of all values, before the mass of `without` is removed. @param step spacing of the values, 0 for real
 * numbers. @param periods the periods in which dates have a place; undefined for other numbers. @param without values
 * without a mass.
 */
export function findCycles(
  all: ListedKnots,
  counted: ValueCounts,
  step: number,
  { periods, without }: { readonly periods: readonly number[] | undefined; readonly without: readonly number[] },
): ListedKnots & { readonly cycles: readonly CyclicDensity[] } {
  const own = (knots: ListedKnots): ListedKnots => (step === 0 ? knots : withoutValues(knots, without, step));
  const smooth = own(all);
  const start = logLikelihood(smooth, counted, step);
  const fit: FitCycle = (cycle, groups) => {
    const knots = own(distant(all, cycle.period));
    const fitted = fitCycle(knots, counted, cycle, groups);
    return { ...fitted, gain: fitted.gain + logLikelihood(knots, counted, step) - start };
  };
  const tries =
    periods === undefined ? roundNumbers(smooth, counted, step, [], fit) : calendar(smooth, step, periods, fit);
  const first = likeliest(tries);
  if (first === undefined) return { ...smooth, cycles: [] };
  const spaced = own(distant(all, first.cycle.period));
  const cycles = [first.cycle];
  const known = [first.distance];
  // Dates have one cycle.
  while (periods === undefined && cycles.length < MOST_CYCLES) {
    const knots = cycles.reduce<Knots>(cyclicKnots, spaced);
    const next = likeliest(
      roundNumbers(knots, counted, step, known, (cycle, groups) => fitCycle(knots, counted, cycle, groups)),
    );
    if (next === undefined) break;
    cycles.push(next.cycle);
    known.push(next.distance);
  }
  return { ...spaced, cycles };
}

/** Fits the weights of a cycle. */
type FitCycle = (cycle: Omit<CyclicDensity, "weights">, groups: readonly number[]) => FittedCycle;

/** Knots as a model file stores them. */
type ListedKnots = Parameters<typeof withoutValues>[0];

/** The knots that are at least a distance apart. */
function distant({ knots, cumulative }: ListedKnots, distance: number): ListedKnots {
  const last = knots.length - 1;
  const places = [0];
  for (let k = 1; k < last; k++) {
    const x = knots[k] as number;
    if (x - (knots[places.at(-1) as number] as number) >= distance && (knots[last] as number) - x >= distance)
      places.push(k);
  }
  places.push(last);
  return { knots: places.map((k) => knots[k] as number), cumulative: places.map((k) => cumulative[k] as number) };
}

/** Of values with counts. A value with a step has the mass of its cell, which no knot divides, a real number the density. */
function logLikelihood({ knots, cumulative }: Knots, { values, counts }: ValueCounts, step: number): number {
  const width = step > 0 ? step : 1;
  return values.reduce((sum, x, i) => {
    const k = Math.min(Math.max(above(knots, x), 1), knots.length - 1);
    const mass = (cumulative[k] as number) - (cumulative[k - 1] as number);
    const own = (width * mass) / ((knots[k] as number) - (knots[k - 1] as number));
    return sum + (counts[i] as number) * Math.log(Math.max(own, LEAST_MASS));
  }, 0);
}

/** A value that rounding leaves without a mass. */
const LEAST_MASS = 1e-300;

/** The cycle with the largest gain; undefined without a gain. */
function likeliest<Cycle extends FittedCycle>(cycles: readonly Cycle[]): Cycle | undefined {
  return cycles.reduce<Cycle | undefined>((a, b) => (b.gain > (a?.gain ?? 0) ? b : a), undefined);
}

function rangeOf({ knots }: Knots): readonly [low: number, high: number] {
  return [knots[0] as number, knots[knots.length - 1] as number];
}

function calendar(knots: Knots, step: number, periods: readonly number[], fit: FitCycle): RoundCycle[] {
  const [low, high] = rangeOf(knots);
  // Parts begin where the cells of a grid do.
  const offset = step > 0 ? low - Math.floor(low / step) * step : 0;
  const start = offset > 0 ? offset - step : 0;
  const hasTime = periods.includes(DAY);
  return CALENDAR.flatMap(([period, part]) => {
    const isFiner = part === HOUR && !hasTime;
    if (!periods.includes(period) || isFiner || step > part || (high - low) / part > MOST_PARTS) return [];
    const ends = Array.from({ length: period / part }, (_, k) => (k + 1) * part);
    return [{ ...fit({ period, start, ends }, [...ends.keys()]), distance: part }];
  });
}

/**
 * Cycles of round numbers between the round numbers of earlier cycles, at the distances of the step that look most frequent.
 *
 * @param known distances of earlier cycles, in steps.
 */
function roundNumbers(
  knots: Knots,
  counted: ValueCounts,
  step: number,
  known: readonly number[],
  fit: FitCycle,
): RoundCycle[] {
  const [low, high] = rangeOf(knots);
  const first = (low + step / 2) / step;
  // Grids without 0 have no round numbers.
  if (step === 0 || Math.abs(first - Math.round(first)) > 1e-6 || Math.max(Math.abs(low), Math.abs(high)) > FAR * step)
    return [];
  const isMultiple = (place: number, distance: number): boolean => place % distance === 0;
  const places = Float64Array.from(counted.values, (x) => Math.round(x / step));
  const rest = [...places.keys()].filter((i) => !known.some((distance) => isMultiple(places[i] as number, distance)));
  const rows = rest.reduce((sum, i) => sum + (counted.counts[i] as number), 0);
  const distances: { readonly distance: number; readonly gain: number }[] = [];
  const most = (high - low) / step;
  for (let power = 1; power * LEAST_PERIODS <= most; power *= 10) {
    for (const mantissa of MANTISSAS) {
      const distance = mantissa * power;
      if (
        !Number.isInteger(distance) ||
        distance === 1 ||
        distance * LEAST_PERIODS > most ||
        most / distance > MOST_PLACES
      )
        continue;
      const round = rest.reduce(
        (sum, i) => (isMultiple(places[i] as number, distance) ? sum + (counted.counts[i] as number) : sum),
        0,
      );
      const gain = binomialGain(round, rows, 1 / distance);
      if (gain > Math.log(Math.max(1, rows)) / 2) distances.push({ distance, gain });
    }
  }
  distances.sort((a, b) => b.gain - a.gain);
  return distances.slice(0, MOST_TRIED).flatMap(({ distance }) =>
    [1, 2, 4, 5, 10, MOST_ROUND].flatMap((times): RoundCycle[] => {
      const period = distance * times;
      const isDecimal = times === 1 || Number.isInteger(Math.log10(period));
      if (!isDecimal || period * LEAST_PERIODS > most) return [];
      const ends = Array.from({ length: times }, (_, k) => [k * distance + 1, (k + 1) * distance]).flat();
      // The numbers between round numbers have one density.
      const groups = ends.map((_, part) => (part % 2 === 0 ? 1 + part / 2 : 0));
      const cycle = { period: period * step, start: -step / 2, ends: ends.map((end) => end * step) };
      return [{ ...fit(cycle, groups), distance }];
    }),
  );
}

/** A fitted cycle with the distance of its round numbers in steps, or the length of its parts. */
type RoundCycle = ReturnType<FitCycle> & { readonly distance: number };

/** Gain in log-likelihood, in nats, if a part of rows has its own probability instead of a known one; 0 if it has less. */
function binomialGain(part: number, rows: number, probability: number): number {
  const share = part / rows;
  if (!(share > probability)) return 0;
  const rest = rows - part;
  return part * Math.log(share / probability) + (rest > 0 ? rest * Math.log((1 - share) / (1 - probability)) : 0);
}
