import { cellOf } from "./cell-of.ts";
import { columnNamed } from "./column-named.ts";
import type { GridAxis } from "./grid-axis.ts";
import { placeIn, type RowGrid } from "./row-grid.ts";
import type { TableLike } from "./table-like.ts";

/** Boxes along a column of numbers with a density, of about equal probability. */
const BOXES = 8;

/** Boxes of rows, and one last box for all rows that are in none. */
export interface RowBoxes {
  readonly probabilities: Float64Array;
  /** The number of drawn rows in each box. */
  count(drawn: TableLike): Float64Array;
}

/** The boxes of a grid whose rows have these probabilities. Rows that are never drawn have no box. */
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

/** The box of each place of an axis: one for each cell of its own, few for the points of an integral, -1 for what is never drawn. */
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
