import { above } from "../density/coding/cyclic-knots.ts";
import type { RangeRule } from "./row-rules.ts";

/** The edge of a range: the share of the distance from the median. */
const EDGE = 1 / 8;
/** Minimum number of rows at an edge. If numbers continued with half the density, none is beyond it with a probability of e^−5. */
const LEAST_AT_EDGE = 10;
/** Minimum number of rows at a bound. If the next number were as frequent, it would not occur with a probability of e^−5. */
const LEAST_AT_BOUND = 5;
/** Minimum density at an edge, as a share of the mean density between the median and the edge. */
const LEAST_DENSITY = 1 / 2;

/** A range, with its evidence. */
export interface FoundRange {
  readonly rule: RangeRule;
  /** Half of the rows at the edge with fewer rows: the expected number beyond it if numbers continued with half the density. */
  readonly nats: number;
}

/** The states of the rows of a column. */
export interface RowStates {
  readonly states: readonly RangeRule["state"][];
  readonly codes: Int32Array;
}

/** The rows with a number in the order of their numbers. */
export interface SortedRows {
  readonly rows: Int32Array;
  readonly numbers: Float64Array;
  /** The numbers with the opposite sign, in the opposite order. */
  readonly mirrored: Float64Array;
}

/** The rows with a number in the order of their numbers. */
export function sortedRows(values: Float64Array): SortedRows {
  const rows = Int32Array.from(values.keys())
    .filter((row) => !Number.isNaN(values[row]))
    .sort((a, b) => (values[a] as number) - (values[b] as number));
  const numbers = Float64Array.from(rows, (row) => values[row] as number);
  return { rows, numbers, mirrored: mirror(numbers) };
}

/**
 * The ranges of a column of numbers in the states of another column.
 *
 * A bound is an edge: the numbers of the state are as frequent near the bound as they are further inside, and end there. Tails
 * have no edge. Numbers of other states are beyond the bound. Zeros do not count: rules of combinations cover these.
 *
 * @param columns the names of the column with the states and of the column of numbers.
 * @param needed evidence in nats that a bound is no chance: the expected number of rows beyond it if the columns were independent.
 */
export function findRanges(
  columns: readonly [string, string],
  { states, codes }: RowStates,
  { rows, numbers, mirrored }: SortedRows,
  needed: number,
): FoundRange[] {
  const count = new Int32Array(states.length);
  const [smallest, largest] = [new Float64Array(states.length), new Float64Array(states.length)];
  for (let place = 0; place < rows.length; place++) {
    const code = codes[rows[place] as number] as number;
    if (count[code] === 0) smallest[code] = numbers[place] as number;
    largest[code] = numbers[place] as number;
    count[code] = (count[code] as number) + 1;
  }
  return states.flatMap((state, code): FoundRange[] => {
    const [own, first, last] = [count[code] as number, smallest[code] as number, largest[code] as number];
    const others = rows.length - own;
    if (others === 0 || (first === 0 && last === 0)) return [];
    const isEnough = (beyond: number): boolean => (own * beyond) / others >= needed;
    const [mayBeLow, mayBeHigh] = [isEnough(countAbove(mirrored, -first)), isEnough(countAbove(numbers, last))];
    // Most states end here.
    if (!mayBeLow && !mayBeHigh) return [];
    const values = numbers.filter((_, place) => codes[rows[place] as number] === code);
    const atLow = mayBeLow ? rowsAtEdge(mirror(values)) : 0;
    const atHigh = mayBeHigh ? rowsAtEdge(values) : 0;
    const [isLow, isHigh] = [atLow > 0, atHigh > 0];
    if (!isLow && !isHigh) return [];
    const least = Math.min(...(isLow ? [atLow] : []), ...(isHigh ? [atHigh] : []));
    const bounds = { ...(isLow && { low: first }), ...(isHigh && { high: last }) };
    return [{ rule: { type: "range", columns, state, ...bounds }, nats: least / 2 }];
  });
}

/** The rows at the edge with which sorted numbers end, a number that occurs often; 0 if they end with a tail. */
export function rowsAtEdge(values: Float64Array): number {
  if (values.length < LEAST_AT_BOUND || values.at(-1) !== values.at(-LEAST_AT_BOUND)) return 0;
  const middle = values.length >> 1;
  const [median, last] = [values[middle] as number, values.at(-1) as number];
  const from = last - EDGE * (last - median);
  const atEdge = values.filter((x) => x > from || x === last).length;
  return atEdge >= Math.max(LEAST_AT_EDGE, LEAST_DENSITY * EDGE * (values.length - middle)) ? atEdge : 0;
}

/** Numbers with the opposite sign, in the opposite order. */
export function mirror(values: Float64Array): Float64Array {
  return values.map((x) => -x).reverse();
}

/** How many sorted numbers are above x and not 0. */
function countAbove(values: Float64Array, x: number): number {
  const zeros = x < 0 ? above(values, 0) - above(values, -Number.MIN_VALUE) : 0;
  return values.length - above(values, x) - zeros;
}
