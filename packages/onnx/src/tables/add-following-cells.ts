import { CategoryCoding, type CellCoding, type DensityColumn } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import { addCount } from "../maths/add-count.ts";
import type { Maths } from "../maths/maths.ts";

type Dependent = NonNullable<DensityColumn["dependent"]>;

/** The cells that follow, NaN for missing ones, and where any follows at all. */
export interface FollowingCells {
  readonly cells: GraphValue;
  readonly isKnown: GraphValue | undefined;
}

/** A category that no column has: a new one is −1, and no two new ones are known to be the same. */
const NEVER = -2;

/**
 * Adds the cells of a column that follow from those of others, `[rows, 1]`.
 *
 * @param values the cells of all columns before it.
 */
export function addFollowingCells(
  maths: Maths,
  { coding, dependent }: { readonly coding: CellCoding; readonly dependent: Dependent },
  columns: readonly DensityColumn[],
  values: readonly GraphValue[],
): FollowingCells {
  const sources = dependent.from.map((place) => values[place] as GraphValue);
  const codings = dependent.from.map((place) => (columns[place] as DensityColumn).coding);
  const [x, y] = sources as [GraphValue, GraphValue];
  const rounded = (cells: GraphValue): FollowingCells => {
    const { step } = coding;
    const onGrid = step > 0 ? maths.mul(maths.unary("Floor", maths.add(maths.div(cells, step), 0.5)), step) : cells;
    return { cells: onGrid, isKnown: undefined };
  };
  switch (dependent.relation.type) {
    case "constant":
      return { cells: x, isKnown: maths.less(maths.fill(1, x), 0) };
    case "duplicate":
      return { cells: asOwn(maths, coding, codings[0] as CellCoding, x), isKnown: undefined };
    case "function":
      return lookedUp(maths, dependent.keys, dependent.values, coding, codings[0] as CellCoding, x);
    case "sum":
      return rounded(maths.add(x, y));
    case "difference":
      return rounded(maths.sub(x, y));
    case "affine":
      return rounded(maths.add(maths.mul(x, dependent.relation.slope), dependent.relation.intercept));
  }
}

/** A cell of one column as one of another: a category has another place there. */
function asOwn(maths: Maths, own: CellCoding, source: CellCoding, x: GraphValue): GraphValue {
  if (!(own instanceof CategoryCoding && source instanceof CategoryCoding)) return x;
  const places = source.categories.map((category) => placeOf(own, category));
  return lookedUpIn(
    maths,
    places.map((_, k) => k),
    places,
    x,
  ).cells;
}

function lookedUp(
  maths: Maths,
  keys: Dependent["keys"],
  values: Dependent["values"],
  own: CellCoding,
  source: CellCoding,
  x: GraphValue,
): FollowingCells {
  const ofGap = keys.indexOf(undefined);
  const pairs = keys
    .flatMap((key, i) => (key === undefined ? [] : [[placeOf(source, key), placeOf(own, values[i])] as const]))
    .sort(([a], [b]) => a - b);
  const found = lookedUpIn(
    maths,
    pairs.map(([key]) => key),
    pairs.map(([, value]) => value),
    x,
  );
  const isGap = maths.isNaN(x);
  const cells = maths.where(isGap, ofGap < 0 ? Number.NaN : placeOf(own, values[ofGap]), found.cells);
  const isFound = found.isKnown as GraphValue;
  return { cells, isKnown: ofGap < 0 ? maths.and(isFound, maths.not(isGap)) : maths.or(isFound, isGap) };
}

/** @param keys rising. */
function lookedUpIn(maths: Maths, keys: readonly number[], values: readonly number[], x: GraphValue): FollowingCells {
  const place = addCount(maths, keys.slice(1), x);
  const isKnown = maths.equal(maths.lookUp(keys, place), x);
  const otherwise = maths.where(maths.isNaN(x), Number.NaN, NEVER);
  return { cells: maths.where(isKnown, maths.lookUp(values, place), otherwise), isKnown };
}

/** A cell as a number: NaN for a missing one. */
function placeOf(coding: CellCoding, cell: string | number | undefined): number {
  if (cell === undefined) return Number.NaN;
  if (typeof cell === "number") return cell;
  const place = coding instanceof CategoryCoding ? coding.categories.indexOf(cell) : -1;
  return place < 0 ? NEVER : place;
}
