import { type CyclicDensity, cyclicKnots, type FittedCycle, fitCycle, type Knots } from "./cyclic-knots.ts";
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
 * likelihood after the cycles before it. Without a gain by the Bayesian information criterion there is none.
 *
 * @param step spacing of the values, 0 for real numbers. @param periods the periods in which dates have a place; undefined
 * for other numbers.
 */
export function findCycles(
  smooth: Knots,
  counted: ValueCounts,
  step: number,
  periods: readonly number[] | undefined,
): CyclicDensity[] {
  if (periods !== undefined) {
    const best = likeliest(calendar(smooth, counted, step, periods));
    return best === undefined ? [] : [best.cycle];
  }
  const result: CyclicDensity[] = [];
  const known: number[] = [];
  for (let knots = smooth; result.length < MOST_CYCLES; ) {
    const best = likeliest(roundNumbers(knots, counted, step, known));
    if (best === undefined) break;
    result.push(best.cycle);
    known.push(best.distance);
    knots = cyclicKnots(knots, best.cycle);
  }
  return result;
}

/** The cycle with the largest gain; undefined without a gain. */
function likeliest<Cycle extends FittedCycle>(cycles: readonly Cycle[]): Cycle | undefined {
  return cycles.reduce<Cycle | undefined>((a, b) => (b.gain > (a?.gain ?? 0) ? b : a), undefined);
}

function rangeOf({ knots }: Knots): readonly [low: number, high: number] {
  return [knots[0] as number, knots[knots.length - 1] as number];
}

function calendar(knots: Knots, counted: ValueCounts, step: number, periods: readonly number[]): FittedCycle[] {
  const [low, high] = rangeOf(knots);
  // Parts begin where the cells of a grid do.
  const offset = step > 0 ? low - Math.floor(low / step) * step : 0;
  const start = offset > 0 ? offset - step : 0;
  const hasTime = periods.includes(DAY);
  return CALENDAR.flatMap(([period, part]) => {
    const isFiner = part === HOUR && !hasTime;
    if (!periods.includes(period) || isFiner || step > part || (high - low) / part > MOST_PARTS) return [];
    const ends = Array.from({ length: period / part }, (_, k) => (k + 1) * part);
    return [fitCycle(knots, counted, { period, start, ends }, [...ends.keys()])];
  });
}

/**
 * Cycles of round numbers between the round numbers of earlier cycles, at the distances of the step that look most frequent.
 *
 * @param known distances of earlier cycles, in steps.
 */
function roundNumbers(knots: Knots, counted: ValueCounts, step: number, known: readonly number[]): RoundCycle[] {
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
      return [{ ...fitCycle(knots, counted, cycle, groups), distance }];
    }),
  );
}

/** A cycle of round numbers with a distance in steps. */
interface RoundCycle extends FittedCycle {
  readonly distance: number;
}

/** Gain in log-likelihood, in nats, if a part of rows has its own probability instead of a known one; 0 if it has less. */
function binomialGain(part: number, rows: number, probability: number): number {
  const share = part / rows;
  if (!(share > probability)) return 0;
  const rest = rows - part;
  return part * Math.log(share / probability) + (rest > 0 ? rest * Math.log((1 - share) / (1 - probability)) : 0);
}
