import type { RangeRule } from "./row-rules.ts";

/** The edge of a range: the share of the distance from the median. */
const EDGE = 1 / 8;
/** Minimum number of rows at an edge. If numbers continued with half the density, none would be beyond the edge with a probability of e^−5. */
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
}

/** The rows with a number in the order of their numbers. */
export function sortedRows(values: Float64Array): SortedRows {
  const rows = Int32Array.from(values.keys())
    .filter((row) => !Number.isNaN(values[row]))
    .sort((a, b) => (values[a] as number) - (values[b] as number));
  return { rows, numbers: Float64Array.from(rows, (row) => values[row] as number) };
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
  { rows, numbers }: SortedRows,
  needed: number,
): FoundRange[] {
  const own = states.map((): number[] => []);
  for (const [place, row] of rows.entries()) own[codes[row] as number]?.push(place);
  const zeros = firstPlace(numbers, (x) => x > 0) - firstPlace(numbers, (x) => x >= 0);
  return states.flatMap((state, code): FoundRange[] => {
    const values = Float64Array.from(own[code] as number[], (place) => numbers[place] as number);
    const others = rows.length - values.length;
    const isBound = (beyond: number, atEdge: number): boolean =>
      others > 0 && atEdge > 0 && (values.length * beyond) / others >= needed;
    const [first, last] = [values[0] as number, values.at(-1) as number];
    if (first === 0 && last === 0) return [];
    const below = firstPlace(numbers, (x) => x >= first) - (first > 0 ? zeros : 0);
    const above = rows.length - firstPlace(numbers, (x) => x > last) - (last < 0 ? zeros : 0);
    const [atLow, atHigh] = [rowsAtEdge(values.map((x) => -x).reverse()), rowsAtEdge(values)];
    const [isLow, isHigh] = [isBound(below, atLow), isBound(above, atHigh)];
    if (!isLow && !isHigh) return [];
    const least = Math.min(...(isLow ? [atLow] : []), ...(isHigh ? [atHigh] : []));
    const bounds = { ...(isLow && { low: first }), ...(isHigh && { high: last }) };
    return [{ rule: { type: "range", columns, state, ...bounds }, nats: least / 2 }];
  });
}

/** The rows at the edge with which sorted numbers end, a number that occurs often; 0 if they end with a tail. */
function rowsAtEdge(values: Float64Array): number {
  if (values.length < LEAST_AT_BOUND || values.at(-1) !== values.at(-LEAST_AT_BOUND)) return 0;
  const middle = values.length >> 1;
  const [median, last] = [values[middle] as number, values.at(-1) as number];
  const from = last - EDGE * (last - median);
  const atEdge = values.length - firstPlace(values, (x) => x > from || x === last);
  return atEdge >= Math.max(LEAST_AT_EDGE, LEAST_DENSITY * EDGE * (values.length - middle)) ? atEdge : 0;
}

/** The first place of sorted numbers with a property that all further numbers have. */
function firstPlace(values: Float64Array, has: (value: number) => boolean): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (has(values[middle] as number)) to = middle;
    else from = middle + 1;
  }
  return from;
}
