import { OptionError } from "@pushforward/core";
import { columnOfCells } from "./column-of-cells.ts";
import { type GridAxis, gridAxis } from "./grid-axis.ts";
import { pickRows } from "./pick-rows.ts";
import type { TableColumnCase } from "./table-density-case.ts";
import type { TableDensityLike } from "./table-density-like.ts";
import type { TableLike } from "./table-like.ts";

const MOST_ROWS = 2 ** 21;
const ROWS_AT_ONCE = 16_384;

/** All rows that the cells of some columns make; those of the last column change fastest. */
export interface RowGrid {
  readonly axes: readonly GridAxis[];
  readonly rows: number;
  /** By how much the place of a row grows with the place of its cell, for each axis. */
  readonly strides: readonly number[];
}

/** The grid of the columns of a case. */
export function rowGrid(columns: readonly TableColumnCase[]): RowGrid {
  const axes = columns.map(gridAxis);
  const rows = axes.reduce((product, { cells }) => product * cells.length, 1);
  if (!(rows >= 1 && rows <= MOST_ROWS)) {
    throw new OptionError(
      `tableDensityLaws: expected columns whose cells make 1 to ${MOST_ROWS} rows, got ${rows}. Give fewer cells or points.`,
    );
  }
  let stride = rows;
  const strides = axes.map(({ cells }) => {
    stride /= cells.length;
    return stride;
  });
  return { axes, rows, strides };
}

/** The place of the cell of an axis in a row of a grid. */
export function placeIn({ axes, strides }: RowGrid, axis: number, row: number): number {
  return Math.floor(row / (strides[axis] as number)) % (axes[axis] as GridAxis).cells.length;
}

/**
 * The probabilities of all rows of a grid: densities times the measure of the cells.
 *
 * @param given one row of the context.
 */
export function gridProbabilities(
  grid: RowGrid,
  density: TableDensityLike,
  given: TableLike | undefined,
): Float64Array {
  const result = new Float64Array(grid.rows);
  for (let from = 0; from < grid.rows; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, grid.rows - from);
    const logProb = density.logProb(rowsOfGrid(grid, from, count, given));
    for (let i = 0; i < count; i++) {
      const weight = grid.axes.reduce((w, axis, k) => w * (axis.weights[placeIn(grid, k, from + i)] as number), 1);
      result[from + i] = Math.exp(logProb[i] as number) * weight;
    }
  }
  return result;
}

function rowsOfGrid(grid: RowGrid, from: number, count: number, given: TableLike | undefined): TableLike {
  const known = given === undefined ? [] : repeatRow(given, count).columns;
  const columns = grid.axes.map(({ name, kind, cells }, k) =>
    columnOfCells(
      name,
      kind,
      Array.from({ length: count }, (_, i) => cells[placeIn(grid, k, from + i)]),
    ),
  );
  return { rows: count, columns: [...known, ...columns] };
}

function repeatRow(row: TableLike, count: number): TableLike {
  return pickRows(
    row,
    Array.from({ length: count }, () => 0),
  );
}
