import type { Table, Variable } from "pushforward";
import type { TableAxis } from "../../shared/table-protocol.ts";
import { tableAxis } from "./table-axis.ts";

/** Bars of a histogram; a column of fewer different numbers on a grid has one for each. */
const BARS = 32;

/** A column as bars: its axis, and the share of the rows of a table in each bar. */
export interface ColumnBars {
  readonly axis: TableAxis;
  /** Numbers, or places among the labels; NaN for a cell that has none. */
  valuesOf(table: Table): Float64Array;
  /** @param weights of the rows, with the sum 1. Default: all the same. */
  sharesOf(table: Table, weights?: Float64Array): number[];
  /** The share of the cells of a column of numbers that are missing. */
  missingOf(table: Table, weights?: Float64Array): number;
}

/** The bars of a column, as the rows of `reference` have it. */
export function columnBars(variable: Variable, reference: Table): ColumnBars {
  const { axis, valuesOf } = tableAxis(variable, reference);
  const { shown, count, placeOf } = barsOf(axis, variable);
  return {
    ...{ axis: shown, valuesOf },
    sharesOf: (table, weights) => shares(valuesOf(table), weights, count, placeOf),
    missingOf: (table, weights) => (axis.kind === "numbers" ? missingShare(valuesOf(table), weights) : 0),
  };
}

interface Bars {
  readonly shown: TableAxis;
  readonly count: number;
  placeOf(value: number): number;
}

function barsOf(axis: TableAxis, { step = 0 }: Variable): Bars {
  if (axis.kind === "categories") return { shown: axis, count: axis.labels.length, placeOf: (value) => value };
  const [low, high] = axis.range;
  const isGrid = step > 0 && (high - low) / step < BARS;
  // A bar of a grid stands on its value.
  const [from, to] = isGrid ? [low - step / 2, high + step / 2] : [low, high];
  const count = isGrid ? Math.round((to - from) / step) : BARS;
  const placeOf = (value: number): number =>
    value === high && !isGrid ? count - 1 : Math.floor(((value - from) / (to - from)) * count);
  return { shown: { ...axis, range: [from, to] }, count, placeOf };
}

/** The share of all rows in each bar; rows beyond the axis are in none. */
function shares(
  values: Float64Array,
  weights: Float64Array | undefined,
  count: number,
  placeOf: (value: number) => number,
): number[] {
  const result = new Array<number>(count).fill(0);
  for (const [row, value] of values.entries()) {
    const place = placeOf(value);
    if (place >= 0 && place < count) result[place] = (result[place] as number) + (weights?.[row] ?? 1 / values.length);
  }
  return result;
}

function missingShare(values: Float64Array, weights: Float64Array | undefined): number {
  return values.reduce((sum, value, row) => sum + (Number.isNaN(value) ? (weights?.[row] ?? 1 / values.length) : 0), 0);
}
