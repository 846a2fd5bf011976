import { createKey } from "@pushforward/core";
import type { CellCoding } from "../coding/category-coding.ts";
import { codesOf, RecalledCells, type RecalledGroup } from "../recalled-cells.ts";
import { sumOf } from "./copy-shares.ts";
import type { EncodedColumns } from "./encoded-columns.ts";

/** Rows with cells to count. */
export interface CountedRows {
  readonly rows: EncodedColumns;
  /** `true` if these include the validation rows. Then the counts leave out the row to predict. */
  readonly areJudged: boolean;
}

/** The search for the cells that a column recalls. */
export interface RecallTask {
  readonly codings: readonly { readonly coding: CellCoding }[];
  readonly index: number;
  /** Places of the earlier columns that may select the cells. */
  readonly before: readonly number[];
  readonly counted: CountedRows;
  /** The validation rows. */
  readonly judged: EncodedColumns;
  /** Numbers that are no copies, see `CopiedCells`. */
  readonly kept: readonly number[];
}

/** Parameters of the probabilities of recalled cells. */
export interface Prior {
  readonly discount: number;
  readonly strength: number;
  /** The gain that the choice of these parameters takes, in nats. Default: 0. */
  readonly cost?: number | undefined;
}

/** How the cells of groups predict the cells of the validation rows. */
export interface Prediction {
  /** The changes of the log-probabilities of the validation rows. Known rows stay in the counts. Default: not known. */
  readonly changes: (prior: Prior, isKnown?: boolean) => Float64Array;
  /** The recalled cells of each group, and of all other rows at the end if these are a group. */
  readonly recalled: (prior: Prior) => readonly RecalledGroup[];
  /**
   * The number of pairs of rows in the same group that have the same cell, minus the number expected without groups, in standard
   * deviations of independent pairs. 0 for codes.
   */
  readonly likeness: number;
}

/** Judges groups by the validation rows. */
export interface GroupJudge {
  /** Candidates. The first one ranks the groupings. */
  readonly priors: readonly Prior[];
  /** Undefined for groups with too many cells. */
  readonly predict: (grouping: Grouping) => Prediction | undefined;
}

/** Most recalled cells of a column. */
export const MOST_CELLS = 50_000;

/** Rows in groups: the rows of a group have the same cells in some earlier columns. */
export interface Grouping {
  readonly by: readonly number[];
  readonly count: number;
  /** The share of the rows that these groups contain: less than 1 if groups were left out. */
  readonly share: number;
  /** The group of each row that is counted, and of each validation row; −1 for none. */
  readonly counted: Int32Array;
  readonly judged: Int32Array;
}

/** Place of a cell that is not counted, and of the group of a row without a group. */
export const NONE = -1;

/** Groups of the rows that are counted and of the validation rows. */
export class RowGroups {
  /** All rows in one group. */
  readonly whole: Grouping;
  private readonly counted: EncodedColumns;
  private readonly judged: EncodedColumns;

  constructor(counted: EncodedColumns, judged: EncodedColumns) {
    this.counted = counted;
    this.judged = judged;
    this.whole = {
      by: [],
      count: 1,
      share: 1,
      counted: new Int32Array(counted.rows),
      judged: new Int32Array(judged.rows),
    };
  }

  /** The groups, split by the cells of a column. */
  split({ by, share, counted, judged }: Grouping, place: number): Grouping {
    const [cells, groups] = [new Map<number, number>(), new Map<number, number>()];
    const size = counted.length;
    const ofCounted = Int32Array.from(cellsAt(this.counted, place), (x, row) =>
      Number.isNaN(x) || counted[row] === NONE
        ? NONE
        : placeIn(groups, placeIn(cells, x) * size + (counted[row] as number)),
    );
    const ofJudged = Int32Array.from(cellsAt(this.judged, place), (x, row) => {
      const cell = cells.get(x);
      const isKnown = cell !== undefined && judged[row] !== NONE;
      return (isKnown ? groups.get(cell * size + (judged[row] as number)) : undefined) ?? NONE;
    });
    return { by: [...by, place], count: groups.size, share, counted: ofCounted, judged: ofJudged };
  }

  /** The groups by the cells of columns. */
  by(places: readonly number[]): Grouping {
    return places.reduce((grouping, place) => this.split(grouping, place), this.whole);
  }

  /** Random groups with at least a number of rows in total, if there are more. The rows of all other groups have no group. */
  some(grouping: Grouping, rows: number): Grouping {
    const sizes = groupSizes(grouping, () => true);
    const all = sumOf(sizes);
    if (all <= rows) return grouping;
    const isTaken = new Uint8Array(grouping.count);
    let taken = 0;
    for (const group of createKey(0).fold("groups").permutation(grouping.count)) {
      if (taken >= rows) break;
      isTaken[group] = 1;
      taken += sizes[group] as number;
    }
    const only = (groups: Int32Array): Int32Array =>
      groups.map((group) => (group !== NONE && isTaken[group] === 1 ? group : NONE));
    const { counted, judged } = grouping;
    return { ...grouping, share: taken / all, counted: only(counted), judged: only(judged) };
  }

  /** The groups with recalled cells, by the cells of the earlier columns. @param groups as in {@link Prediction}. */
  recalled({ by, count, counted }: Grouping, groups: readonly RecalledGroup[]): RecalledCells {
    const columns = by.map((place) => cellsAt(this.counted, place));
    const first = new Int32Array(count).fill(NONE);
    for (const [row, group] of counted.entries()) if (group !== NONE && first[group] === NONE) first[group] = row;
    const filled = [...groups.keys()].filter((group) => (groups[group] as RecalledGroup).values.length > 0);
    return new RecalledCells({
      by,
      // All other rows have no key.
      keys: filled
        .filter((group) => group < count)
        .map((group) => columns.map((cells) => cells[first[group] as number] as number)),
      groups: filled.map((group) => groups[group] as RecalledGroup),
    });
  }
}

/** The number of rows in each group. */
export function groupSizes(
  { count, counted }: Pick<Grouping, "count" | "counted">,
  isCounted: (row: number) => boolean,
): Float64Array {
  const sizes = new Float64Array(count);
  for (const [row, group] of counted.entries()) {
    if (group !== NONE && isCounted(row)) sizes[group] = (sizes[group] as number) + 1;
  }
  return sizes;
}

/** The cells of a column as keys; NaN for a missing number and for a category that no training row has. */
export function cellsAt(rows: EncodedColumns, place: number): Float64Array {
  const column = rows.at(place);
  return column.values ?? codesOf(column).map((code) => (code < 0 ? Number.NaN : code));
}

/** The place of a value among different values, which it joins. */
export function placeIn(places: Map<number, number>, value: number): number {
  const place = places.get(value) ?? places.size;
  if (place === places.size) places.set(value, place);
  return place;
}
