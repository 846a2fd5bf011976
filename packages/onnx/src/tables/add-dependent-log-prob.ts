import { CategoryCoding, type CellCoding, type DensityColumn } from "@pushforward/tables";
import type { GraphValue } from "../graph/graph.ts";
import { addCount } from "../maths/add-count.ts";
import type { Maths } from "../maths/maths.ts";
import { addColumnLogProb } from "./add-column-log-prob.ts";
import type { CodedCells } from "./coded-cells.ts";

type Dependent = NonNullable<DensityColumn["dependent"]>;

/** The cells that follow, NaN for missing ones, and where any follows at all. */
interface Following {
  readonly cells: GraphValue;
  readonly isKnown: GraphValue | undefined;
}

/** A category that no column has: a new one is −1, and no two new ones are known to be the same. */
const NEVER = -2;

/**
 * Adds the log-probabilities `[rows, 1]` of the cells of a column that follows from others: `log(1 − δ + δ·m)` for the cell that
 * follows and `log(δ·m)` for any other one, with m the distribution of the column by itself and δ = 1/(rows + 1).
 */
export function addDependentLogProb(
  maths: Maths,
  column: DensityColumn & { readonly dependent: Dependent },
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
  own: CodedCells,
): GraphValue {
  const { coding, dependent } = column;
  const { from, tolerance } = dependent;
  const sources = from.map((place) => (coded[place] as CodedCells).values);
  const codings = from.map((place) => (columns[place] as DensityColumn).coding);
  const logMarginal = addColumnLogProb(maths, { coding, parents: [], members: [] }, [], own);
  const { cells, isKnown } = following(maths, dependent, coding, sources, codings);
  const [value, missing] = [own.values, maths.isNaN(own.values)];
  const bothMissing = maths.and(missing, maths.isNaN(cells));
  const size = maths.max(maths.unary("Abs", value), maths.unary("Abs", cells));
  const reach =
    coding.columnKind === "number" ? maths.add(maths.mul(size, 1e-9), Math.max(coding.step * 0.501, tolerance)) : 0;
  const isNear = maths.atMost(maths.unary("Abs", maths.sub(value, cells)), reach);
  const isFollowing = maths.or(isNear, bothMissing);
  const delta = -Math.expm1(coding.logHead);
  const other = maths.add(logMarginal, Math.log(delta));
  // A real number that follows has a mass, beside which the density of others is nothing.
  const isReal = coding.columnKind === "number" && coding.step === 0;
  const follows = isReal
    ? maths.fill(coding.logHead, value)
    : maths.log(maths.add(maths.mul(maths.exp(logMarginal), delta), 1 - delta));
  const result = maths.where(isFollowing, follows, other);
  return isKnown === undefined ? result : maths.where(isKnown, result, logMarginal);
}

function following(
  maths: Maths,
  { relation, keys, values }: Dependent,
  coding: CellCoding,
  sources: readonly GraphValue[],
  codings: readonly CellCoding[],
): Following {
  const [x, y] = sources as [GraphValue, GraphValue];
  const rounded = (cells: GraphValue): Following => {
    const { step } = coding;
    const onGrid = step > 0 ? maths.mul(maths.unary("Floor", maths.add(maths.div(cells, step), 0.5)), step) : cells;
    return { cells: onGrid, isKnown: undefined };
  };
  switch (relation.type) {
    case "constant":
      return { cells: x, isKnown: maths.less(maths.fill(1, x), 0) };
    case "duplicate":
      return { cells: asOwn(maths, coding, codings[0] as CellCoding, x), isKnown: undefined };
    case "function":
      return lookedUp(maths, keys, values, coding, codings[0] as CellCoding, x);
    case "sum":
      return rounded(maths.add(x, y));
    case "difference":
      return rounded(maths.sub(x, y));
    case "affine":
      return rounded(maths.add(maths.mul(x, relation.slope), relation.intercept));
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
): Following {
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
function lookedUpIn(maths: Maths, keys: readonly number[], values: readonly number[], x: GraphValue): Following {
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
