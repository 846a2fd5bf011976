import type { Key } from "@pushforward/core";
import type { Column } from "@pushforward/datasets";
import { columnFromCells, NumberCoding, type OpenRange } from "@pushforward/tables/extend";
import type { JointDensity } from "./proposals.ts";

type Cell = number | string | undefined;

/** Cells of a column that meet a condition, and their log-probabilities or log-densities as they were drawn. */
interface PinnedCells {
  readonly column: Column;
  readonly logProb: Float64Array;
}

/** Draws cells of a column that meet its condition. */
export type CellProposal = (key: Key, rows: number) => PinnedCells;

/** Share of the draws of values with a mass, among real numbers. */
const OF_ATOMS = 0.5;

/**
 * Draws each of some cells equally often. Undefined if a cell has a density instead of a mass: rows with such a cell have no
 * probability.
 */
export function pinnedSet(name: string, cells: readonly Cell[], density: JointDensity): CellProposal | undefined {
  const coding = density.codingOf(name);
  if (coding === undefined) return undefined;
  const hasMass = (cell: Cell): boolean =>
    typeof cell !== "number" || !(coding instanceof NumberCoding) || coding.logCellWidth(cell, 1) === 0;
  if (!cells.every(hasMass)) return undefined;
  const kind = density.columns.find((column) => column.name === name)?.kind ?? "text";
  return (key, rows) => {
    const chosen = Array.from(key.uniform(rows), (u) => cells[Math.floor(u * cells.length)]);
    return {
      column: columnFromCells(name, kind, chosen),
      logProb: new Float64Array(rows).fill(-Math.log(cells.length)),
    };
  };
}

/**
 * Draws numbers of a range evenly: the points of a grid, or real numbers and the values with a mass. The range includes the
 * numbers that are printed as a number of the range. Undefined for a range without bounds, and for real numbers that follow from
 * other columns: these have no density.
 */
export function pinnedRange(name: string, asked: OpenRange, density: JointDensity): CellProposal | undefined {
  const support = density.support(name);
  if (support === undefined) return undefined;
  const { low, high } = { low: Math.max(asked.low, support.low), high: Math.min(asked.high, support.high) };
  if (!(low <= high && Number.isFinite(low) && Number.isFinite(high))) return undefined;
  const coding = density.codingOf(name);
  const isInside = (x: number): boolean =>
    (asked.isLowOpen ? x > asked.low : x >= asked.low) && (asked.isHighOpen ? x < asked.high : x <= asked.high);
  if (!(coding instanceof NumberCoding)) return evenly(name, low, high, density);
  const { atoms, edges, step, center } = coding.options;
  const inside = atoms.filter(isInside);
  if (edges.length === 0) return pinnedSet(name, inside, density);
  if (step === 0) return evenly(name, low, high, density, inside);
  const first = Math.ceil((low - center) / step - 1e-6);
  const count = Math.floor((high - center) / step + 1e-6) - first + 1;
  if (!(count >= 1 && count < 2 ** 31)) return undefined;
  return (key, rows) => {
    const [fine, coarse] = [key.fold("fine").uniform(rows), key.uniform(rows)];
    const numbers = Float64Array.from(coarse, (u, i) => {
      const place = Math.min(Math.floor((u + (fine[i] as number) * 2 ** -24) * count), count - 1);
      return Number((center + (first + place) * step).toPrecision(15));
    });
    return {
      column: { name, kind: "number", values: numbers },
      logProb: new Float64Array(rows).fill(-Math.log(count)),
    };
  };
}

/** Draws real numbers between two bounds, and some values with a mass. */
function evenly(
  name: string,
  from: number,
  to: number,
  { printed, isDependent }: JointDensity,
  atoms: readonly number[] = [],
): CellProposal | undefined {
  if (isDependent(name)) return undefined;
  // Numbers beyond a bound may be rounded to a number inside.
  const [low, high] = [from - (printed?.width(name, from) ?? 0) / 2, to + (printed?.width(name, to) ?? 0) / 2];
  if (!(low < high)) return undefined;
  const ofAtoms = atoms.length > 0 ? OF_ATOMS : 0;
  return (key, rows) => {
    const [choices, places] = [key.fold("choice").uniform(rows), key.uniform(rows)];
    const logProb = new Float64Array(rows);
    const values = Float64Array.from(places, (u, i) => {
      const isAtom = (choices[i] as number) < ofAtoms;
      logProb[i] = isAtom ? Math.log(ofAtoms / atoms.length) : Math.log((1 - ofAtoms) / (high - low));
      return isAtom ? (atoms[Math.floor(u * atoms.length)] as number) : low + u * (high - low);
    });
    return { column: { name, kind: "number", values }, logProb };
  };
}
