import { type PlottedColumn, plottedColumn } from "@pushforward/columns/extend";
import type { Table, Variable } from "pushforward";
import { niceTicks, type Tick } from "../../shared/nice-ticks.ts";
import type { Range } from "../../shared/range.ts";
import type { TableAxis } from "../../shared/table-protocol.ts";
import { rangeOf } from "../../shared/thinned.ts";

/** A column that is drawn: its axis, and the place of each row on it. */
export interface AxisColumn {
  readonly axis: TableAxis;
  /** Numbers, or places among the labels; NaN for a cell that has none. */
  valuesOf(table: Table): Float64Array;
}

/** Rows of a long tail are left out of pictures: this share at each end. */
const TAIL = 0.002;
/** Marks of an axis. */
const TICKS = 4;

/** The axis of a column, as the rows of `reference` have it. */
export function tableAxis(variable: Variable, reference: Table): AxisColumn {
  const plotted = plottedColumn(variable, reference);
  const { categories } = plotted;
  if (categories !== undefined) {
    return { axis: { kind: "categories", labels: categories }, valuesOf: (table) => plotted.valuesOf(table) };
  }
  const range = rangeOf(plotted.valuesOf(reference), TAIL, 0);
  return {
    axis: { kind: "numbers", range, ticks: ticksOf(plotted, range, variable) },
    valuesOf: (table) => plotted.valuesOf(table),
  };
}

function ticksOf({ label }: PlottedColumn, range: Range, { step = 0 }: Variable): Tick[] {
  if (label === undefined) return niceTicks(range, TICKS);
  const [low, high] = range;
  // Dates at both ends and in the middle, each one that the column can have.
  return [low, (low + high) / 2, high].map((at) => {
    const value = step > 0 ? Math.round(at / step) * step : at;
    return { value, label: label(value) };
  });
}
