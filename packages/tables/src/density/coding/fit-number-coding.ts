import { domainWords, isInDomain, type NumberDomain } from "@pushforward/columns/extend";
import { DataError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { NumberColumn } from "@pushforward/datasets";
import { isOnGrid } from "@pushforward/datasets/extend";
import { countValues, type ValueCounts } from "./kernel-knots.ts";
import { NumberCoding } from "./number-coding.ts";
import { type NumberMarginal, type NumberMarginalOptions, numberMarginal } from "./number-marginal.ts";

/** Most distinct values that all have codes of their own, and the rows that each must have on average. */
const MAX_ATOMS = 128;
const ROWS_PER_ATOM = 30;
/** Minimum number of rows for a value to have its own code, if some values have none. */
const LEAST_ATOM = 6;
/** Share of the rows above which a value is an atom if it stands out, and above which it always is. */
const ATOM = 0.005;
const HEAVY = 0.1;
/** Places of the grid on either side that a value is compared with. */
const NEIGHBORS = 4;
/**
 * A value on a grid stands out if its count is above this multiple of the mean count of its neighbors by this number of
 * standard deviations. Codes of values that do not stand out would hide from a network that neighbors are alike.
 */
const STANDS_OUT = 3;
const DEVIATIONS = 4;
/** Most and least bins, and the rows that each should have. */
const BINS = 64;
const LEAST_BINS = 4;
const ROWS_PER_BIN = 25;

/** Known facts about a column of numbers in addition to its training rows. */
export interface NumberCodingHints {
  /** Rows with values that can also occur, each counted as half a row. Default: none. */
  readonly support?: NumberColumn | undefined;
  /** The numbers that the column can have. Default: all. */
  readonly domain?: NumberDomain | undefined;
  /** Periods of the numbers, for features that later columns read. Default: none. */
  readonly cycles?: readonly number[] | undefined;
  /** `true` for numbers of seconds since 1970. Default: false. */
  readonly isDate?: boolean | undefined;
}

/**
 * Makes the coding of a column of numbers; NaN is a missing cell.
 *
 * @param step spacing of the values, 0 for real numbers.
 * @throws {DataError} all cells are missing, or a number lies outside of the domain or off the grid of the remaining
 * numbers.
 */
export function fitNumberCoding(
  { name, values }: NumberColumn,
  step: number,
  { support, domain, cycles, isDate = false }: NumberCodingHints = {},
): NumberCoding {
  const present = values.filter((x) => !Number.isNaN(x));
  const gaps = values.length - present.length;
  const others = support?.values.filter((x) => !Number.isNaN(x)) ?? new Float64Array();
  if (present.length + others.length === 0) {
    throw new DataError(`table: expected numbers in column "${name}", got missing cells only.`, { column: name });
  }
  checkSize(name, [present, others]);
  checkDomain(name, [present, others], domain);
  checkGrid(name, [present, others], step);
  const hasMissing = gaps > 0 || others.length < (support?.values.length ?? 0);
  const all = withSupport(countValues(present), others);
  const common = {
    ...commonParts(present.length > 0 ? present : others, all, step, hasMissing),
    ...(domain && { domain }),
    ...(cycles && cycles.length > 0 && { cycles }),
  };
  const count = present.length;
  const places = Array.from(all.counts, (_, i) => i);
  const isAtom = (i: number): boolean => {
    const own = all.counts[i] as number;
    return own >= LEAST_ATOM && own > ATOM * count && (step === 0 || own > HEAVY * count || standsOut(all, i, step));
  };
  const rest = pick(
    all,
    places.filter((i) => !isAtom(i)),
  );
  const isFew = all.values.length <= MAX_ATOMS && count >= ROWS_PER_ATOM * all.values.length;
  if (isFew || rest.values.length < 2) {
    return new NumberCoding({
      ...common,
      atoms: Array.from(all.values),
      counts: [...all.counts, ...(hasMissing ? [gaps] : [])],
      ...{ edges: [], inner: undefined, smooth: undefined, heavy: [] },
    });
  }
  const atoms = places.filter(isAtom);
  const atomValues = atoms.map((i) => all.values[i] as number);
  // Circles and dates have no round numbers.
  const periods = isDate ? (cycles ?? []) : domain?.isCircular ? [] : undefined;
  const inner = numberMarginal(rest, step, { domain, without: atomValues, periods });
  const edges = binEdges(inner, Math.min(Math.max(Math.round(count / ROWS_PER_BIN), LEAST_BINS), BINS));
  const binCounts = countBins(rest, edges);
  return new NumberCoding({
    ...common,
    atoms: atomValues,
    edges,
    counts: [...atoms.map((i) => all.counts[i] as number), ...binCounts, ...(hasMissing ? [gaps] : [])],
    inner: inner.options,
    // The mixture has the values of the bins.
    // The cells of atoms have no mass, which a filled valley would give them.
    smooth: step > 0 && atoms.length > 0 ? inner.options : withoutValleys(inner),
    heavy: Array.from(atoms.keys()),
  });
}

/** Least density between two modes, as a share of the lower mode, by which the mixture measures distances. */
const VALLEY = 0.3;

/**
 * The distribution by which the mixture measures distances. In a valley between two modes the distribution function is flat, so a
 * component of the mixture would reach across to the other mode: valleys are filled.
 */
function withoutValleys({ options, knots, cumulative, step }: NumberMarginal): NumberMarginalOptions {
  if (options.observed !== undefined) return options;
  const widths = knots.subarray(1).map((x, k) => x - (knots[k] as number));
  const densities = widths.map((width, k) => ((cumulative[k + 1] as number) - (cumulative[k] as number)) / width);
  const [before, after] = [runningMaxima(densities), runningMaxima(densities.slice().reverse()).reverse()];
  const filled = densities.map((density, k) =>
    Math.max(density, VALLEY * Math.min(before[k] as number, after[k] as number)),
  );
  if (filled.every((density, k) => density === densities[k])) return options;
  const masses = filled.map((density, k) => density * (widths[k] as number));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  let sum = 0;
  const ends = Array.from(masses, (mass) => {
    sum += mass / total;
    return sum;
  });
  return { knots: Array.from(knots), cumulative: [0, ...ends.slice(0, -1), 1], step };
}

function runningMaxima(values: Float64Array): Float64Array {
  let most = 0;
  return values.map((value) => {
    most = Math.max(most, value);
    return most;
  });
}

/** `true` if a value on a grid is much more frequent than its neighbors. */
function standsOut({ values, counts }: ValueCounts, i: number, step: number): boolean {
  const [x, low, high] = [values[i], values[0], values.at(-1)] as [number, number, number];
  const reach = (NEIGHBORS + 0.5) * step;
  let sum = 0;
  for (let k = i - 1; k >= 0 && x - (values[k] as number) < reach; k--) sum += counts[k] as number;
  for (let k = i + 1; k < values.length && (values[k] as number) - x < reach; k++) sum += counts[k] as number;
  const places = (width: number): number => Math.min(NEIGHBORS, Math.round(width / step));
  const expected = (STANDS_OUT * sum) / Math.max(1, places(x - low) + places(high - x));
  return (counts[i] as number) > expected + DEVIATIONS * Math.sqrt(expected);
}

/** Share of the floor for numbers off a grid, on which all training rows lie: more is for numbers beyond their range. */
const OFF_GRID = 1 / 16;

/** The square of a larger number, and sums of such, would be infinite. */
const LARGEST = 1e150;

function checkSize(name: string, values: readonly Float64Array[]): void {
  const large = values.flatMap((some) => some.find((x) => Math.abs(x) > LARGEST) ?? [])[0];
  if (large === undefined) return;
  throw new DataError(
    [
      `table: expected numbers from -${LARGEST} to ${LARGEST} in column "${name}", got ${large}.`,
      mention("missingValues", {
        value: String(large),
        words: `say so (missingValues: ["${large}"])`,
        sentence: (words) => ` If it marks a missing value, ${words}.`,
      }),
    ],
    { column: name },
  );
}

/** Counts with the values that occur elsewhere only. */
function withSupport({ values, counts }: ValueCounts, support: Float64Array): ValueCounts {
  const known = new Set(values);
  const added = [...new Set(support)].filter((x) => !known.has(x));
  if (added.length === 0) return { values, counts };
  const all = [
    ...Array.from(values, (x, i) => [x, counts[i] as number] as const),
    ...added.map((x) => [x, 0.5] as const),
  ];
  all.sort(([a], [b]) => a - b);
  return { values: Float64Array.from(all, ([x]) => x), counts: Float64Array.from(all, ([, count]) => count) };
}

function commonParts(present: Float64Array, all: ValueCounts, step: number, isMissing: boolean) {
  const count = present.length;
  const mean = present.reduce((sum, x) => sum + x / count, 0);
  const deviation = Math.sqrt(present.reduce((sum, x) => sum + (x - mean) ** 2 / count, 0)) || 1;
  const sorted = present.slice().sort();
  const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(share * count))] as number;
  const range = (all.values.at(-1) as number) - (all.values[0] as number);
  const scale = (at(0.75) - at(0.25)) / 2 || range / 4 || step || Math.max(Math.abs(mean), 1) * 1e-3;
  return { step, ...(step > 0 && { offGridShare: OFF_GRID }), isMissing, mean, deviation, center: at(0.5), scale };
}

function pick({ values, counts }: ValueCounts, places: readonly number[]): ValueCounts {
  return {
    values: Float64Array.from(places, (i) => values[i] as number),
    counts: Float64Array.from(places, (i) => counts[i] as number),
  };
}

/** Edges of bins of about equal mass, at knots of the distribution, so that no bin is empty. */
function binEdges({ knots, cumulative }: NumberMarginal, bins: number): number[] {
  const edges = [knots[0] as number];
  let next = 1;
  for (let k = 1; k < knots.length - 1; k++) {
    if ((cumulative[k] as number) >= next / bins - 1e-12) {
      edges.push(knots[k] as number);
      next = Math.floor((cumulative[k] as number) * bins + 1e-9) + 1;
    }
  }
  edges.push(knots.at(-1) as number);
  return edges;
}

function countBins({ values, counts }: ValueCounts, edges: readonly number[]): number[] {
  const result: number[] = new Array(edges.length - 1).fill(0);
  let bin = 0;
  for (const [i, x] of values.entries()) {
    while (bin < result.length - 1 && x >= (edges[bin + 1] as number)) bin++;
    result[bin] = (result[bin] as number) + (counts[i] as number);
  }
  return result;
}

function checkGrid(name: string, values: readonly Float64Array[], step: number): void {
  const origin = values.flatMap((some) => some[0] ?? [])[0] ?? 0;
  const other = values.flatMap((some) => some.find((x) => !isOnGrid(x, origin, step)) ?? [])[0];
  if (other === undefined) return;
  throw new DataError(
    `table: expected numbers with a spacing of ${step} in column "${name}", got ${origin} and ${other}.`,
    { column: name },
  );
}

function checkDomain(name: string, values: readonly Float64Array[], domain: NumberDomain | undefined): void {
  const outside = values.flatMap((some) => some.find((x) => !isInDomain(x, domain)) ?? [])[0];
  if (domain === undefined || outside === undefined) return;
  throw new DataError(`table: expected ${domainWords(domain)} in column "${name}", got ${outside}.`, { column: name });
}

const DAY = 86_400;
const WEEK = 7 * DAY;
/** The mean length of a year of the Gregorian calendar, in seconds. */
const YEAR = 365.2425 * DAY;
/** Share of a cycle that dates must span to distinguish its places. */
const SPANNED = 0.98;

/**
 * The cycles in which the dates of a column have a place, in seconds. The day is included if the dates differ in their
 * time. The week is included if the dates span a week and some are less than a week apart. The year is included if the
 * dates span a year and some are less than half a year apart. Months have no days of the week, years no seasons.
 *
 * @param values seconds since 1970, one array per group of rows; NaN is missing.
 */
export function dateCycles(...values: readonly Float64Array[]): number[] {
  const days = new Set<number>();
  let hasTime = false;
  let time: number | undefined;
  for (const some of values) {
    for (const x of some) {
      if (Number.isNaN(x)) continue;
      const day = Math.floor(x / DAY);
      days.add(day);
      time ??= x - day * DAY;
      hasTime ||= x - day * DAY !== time;
    }
  }
  const sorted = Float64Array.from(days).sort();
  const span = ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) * DAY;
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < sorted.length; i++)
    gap = Math.min(gap, ((sorted[i] as number) - (sorted[i - 1] as number)) * DAY);
  return [
    ...(hasTime ? [DAY] : []),
    ...(gap < WEEK && span >= WEEK ? [WEEK] : []),
    ...(gap < YEAR / 2 && span >= SPANNED * YEAR ? [YEAR] : []),
  ];
}
