import { OptionError } from "@pushforward/core";
import { cellOf, columnNamed, columnOfCells, pickRows } from "./rows.ts";
import type { Cell, TableColumnCase, TableDensityLike, TableLike } from "./table-density-case.ts";

/** Default number of points of the midpoint rule. */
const POINTS = 2000;

/** Cells of a column over which a density is summed. */
export interface GridAxis {
  readonly name: string;
  readonly kind: "number" | "text";
  readonly cells: readonly Cell[];
  /** The measure of each cell: 1, or the width of an interval around a point of an integral. */
  readonly weights: readonly number[];
  /** Number of first cells that are never drawn. */
  readonly unseen: number;
  /** Number of last cells that are points of an integral, in rising order. */
  readonly points: number;
  /** Returns the index of the cell that contains a drawn cell; -1 for none. */
  placeOf(cell: Cell): number;
}

/** The axis of a column. */
function gridAxis({ name, kind, cells = [], unseen = [], offGrid, integrate }: TableColumnCase): GridAxis {
  const undrawn = offGrid === undefined ? unseen : [...unseen, offGrid.cell];
  const single = [...undrawn, ...cells];
  const places = new Map(single.map((cell, place) => [cell, place]));
  const points = integrate === undefined ? 0 : (integrate.points ?? POINTS);
  const { low, high } = integrate ?? { low: 0, high: 0 };
  const width = points === 0 ? 0 : (high - low) / points;
  const midpoints = Array.from({ length: points }, (_, i) => {
    const x = low + (i + 0.5) * width;
    // A number with a probability of its own has no density.
    return places.has(x) ? x + 1e-3 * width : x;
  });
  return {
    name,
    kind,
    cells: [...single, ...midpoints],
    weights: [
      ...single.map((_, i) => (i === unseen.length ? (offGrid?.measure ?? 1) : 1)),
      ...midpoints.map(() => width),
    ],
    unseen: undrawn.length,
    points,
    placeOf: (cell) => {
      const place = places.get(cell);
      if (place !== undefined) return place;
      if (typeof cell !== "number" || !(cell >= low && cell < high)) return -1;
      return single.length + Math.min(points - 1, Math.floor((cell - low) / width));
    },
  };
}

const MOST_ROWS = 2 ** 21;
const ROWS_AT_ONCE = 16_384;

/** All rows with the cells of some columns; the cells of the last column change fastest. */
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
function placeIn({ axes, strides }: RowGrid, axis: number, row: number): number {
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
  readRows(grid, given, (rows, from) => {
    for (const [i, value] of density.logProb(rows).entries()) {
      const weight = grid.axes.reduce((w, axis, k) => w * (axis.weights[placeIn(grid, k, from + i)] as number), 1);
      result[from + i] = Math.exp(value) * weight;
    }
  });
  return result;
}

/** 1 for each row of a grid that breaks a rule of a density. */
export function brokenRows(grid: RowGrid, density: TableDensityLike): Uint8Array {
  const result = new Uint8Array(grid.rows);
  if (density.firstBroken === undefined) return result;
  readRows(grid, undefined, (rows, from) => {
    for (const [i, rule] of (density.firstBroken?.(rows) ?? []).entries()) result[from + i] = rule >= 0 ? 1 : 0;
  });
  return result;
}

/** Calls a function for all rows of a grid, in parts. */
function readRows(grid: RowGrid, given: TableLike | undefined, read: (rows: TableLike, from: number) => void): void {
  for (let from = 0; from < grid.rows; from += ROWS_AT_ONCE) {
    read(rowsOfGrid(grid, from, Math.min(ROWS_AT_ONCE, grid.rows - from), given), from);
  }
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

/** Boxes along a column of numbers with a density, of about equal probability. */
const BOXES = 8;

/** Boxes of rows, and one last box for all rows that are in none. */
export interface RowBoxes {
  readonly probabilities: Float64Array;
  /** The number of drawn rows in each box. */
  count(drawn: TableLike): Float64Array;
}

/** Returns the boxes of a grid with these row probabilities. Rows that are never drawn have no box. */
export function rowBoxes(grid: RowGrid, probabilities: Float64Array): RowBoxes {
  const boxes = grid.axes.map((axis, k) => axisBoxes(axis, marginalOf(grid, k, probabilities)));
  const sizes = boxes.map((box) => Math.max(...box) + 1);
  const rest = sizes.reduce((product, size) => product * size, 1);
  const boxAt = (placeAt: (axis: number) => number): number => {
    let box = 0;
    for (const [k, of] of boxes.entries()) {
      const own = of[placeAt(k)] ?? -1;
      if (own < 0) return -1;
      box = box * (sizes[k] as number) + own;
    }
    return box;
  };
  const result = new Float64Array(rest + 1);
  let sum = 0;
  for (const [row, probability] of probabilities.entries()) {
    sum += probability;
    const box = boxAt((k) => placeIn(grid, k, row));
    if (box >= 0) result[box] = (result[box] as number) + probability;
  }
  result[rest] = Math.max(0, 1 - sum);
  return {
    probabilities: result,
    count: (drawn) => {
      const counts = new Float64Array(rest + 1);
      const columns = grid.axes.map(({ name }) => columnNamed(drawn, name));
      const cell = (k: number, row: number) => cellOf(columns[k] as (typeof columns)[number], row);
      for (let row = 0; row < drawn.rows; row++) {
        const box = boxAt((k) => (grid.axes[k] as GridAxis).placeOf(cell(k, row)));
        const at = box < 0 ? rest : box;
        counts[at] = (counts[at] as number) + 1;
      }
      return counts;
    },
  };
}

function marginalOf(grid: RowGrid, axis: number, probabilities: Float64Array): Float64Array {
  const result = new Float64Array((grid.axes[axis] as GridAxis).cells.length);
  for (const [row, probability] of probabilities.entries()) {
    const place = placeIn(grid, axis, row);
    result[place] = (result[place] as number) + probability;
  }
  return result;
}

/**
 * Box of each place of an axis: one box for each separate cell, few for the points of an integral, -1 for cells that
 * are never drawn.
 */
function axisBoxes({ cells, unseen, points }: GridAxis, marginal: Float64Array): number[] {
  const first = cells.length - points;
  const mass = marginal.subarray(first).reduce((sum, p) => sum + p, 0);
  let before = 0;
  return cells
    .map((_, place) => {
      if (place < first) return place - unseen;
      const share = mass > 0 ? before / mass : 0;
      before += marginal[place] as number;
      return first - unseen + Math.min(BOXES - 1, Math.floor(BOXES * share));
    })
    .map((box) => Math.max(box, -1));
}
