import type { TableColumnCase } from "./table-density-case.ts";
import type { Cell } from "./table-like.ts";

/** Points of the midpoint rule, unless a column says otherwise. */
const POINTS = 2000;

/** The cells of one column that a density is summed up over. */
export interface GridAxis {
  readonly name: string;
  readonly kind: "number" | "text";
  readonly cells: readonly Cell[];
  /** The measure of each cell: 1, or the width of an interval around a point of an integral. */
  readonly weights: readonly number[];
  /** How many of the first cells are never drawn. */
  readonly unseen: number;
  /** How many of the last cells are points of an integral, in rising order. */
  readonly points: number;
  /** The place of the cell that a drawn one belongs to; -1 where there is none. */
  placeOf(cell: Cell): number;
}

/** The axis of a column. */
export function gridAxis({ name, kind, cells = [], unseen = [], integrate }: TableColumnCase): GridAxis {
  const single = [...unseen, ...cells];
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
    weights: [...single.map(() => 1), ...midpoints.map(() => width)],
    unseen: unseen.length,
    points,
    placeOf: (cell) => {
      const place = places.get(cell);
      if (place !== undefined) return place;
      if (typeof cell !== "number" || !(cell >= low && cell < high)) return -1;
      return single.length + Math.min(points - 1, Math.floor((cell - low) / width));
    },
  };
}
