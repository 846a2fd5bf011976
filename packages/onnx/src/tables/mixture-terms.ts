import { OptionError } from "@pushforward/core";
import type { NormalMixture, ProductMixture } from "@pushforward/tables";
import {
  CategoryCoding,
  type CellCoding,
  type DensityColumn,
  gridOffset,
  type MixtureColumn,
  RELATIVE_ROUNDING,
} from "@pushforward/tables/extend";
import type { Dimension, GraphValue } from "../graph/graph-builder.ts";
import { addCount } from "../maths/choices.ts";
import type { Maths } from "../maths/maths.ts";
import { addLogNormalMass } from "../maths/special-functions.ts";
import type { CodedCells } from "./bin-ranks.ts";
import { addScaledValue, type ScaledColumn } from "./number-values.ts";

/** Codes in the table of a column with ordered values: a value is present or missing. */
export const PRESENT = 0;
const MISSING = 1;

/**
 * Smallest share of the variance of a coordinate that remains given the other coordinates. Rounding dominates below it.
 */
const LEAST_SHARE = 1e-9;

/** The normal of a coordinate given the coordinates before it, in each component that is read: `[rows, n]`. */
interface CoordinateNormal {
  readonly mean: GraphValue;
  /** The deviation of values within their intervals included. */
  readonly spread: GraphValue;
  /** Without it. */
  readonly deviation: GraphValue;
  readonly coordinate: number;
  /** The row of the Cholesky factor left of the diagonal: 0 at coordinates that a row has no value of. */
  readonly factors: readonly GraphValue[];
}

/** A coordinate that has been read. */
interface ReadCoordinate {
  readonly coordinate: number;
  /** `[rows, n, depth]`. */
  readonly row: GraphValue | undefined;
  readonly deviation: GraphValue;
  /** The values, made independent and standard normal; 0 for missing values. */
  readonly whitened: GraphValue;
  /** 1 for rows with a value, 0 for rows without, `[rows, 1]`. */
  readonly isThere: GraphValue;
}

/** The known coordinates of rows, in all components of a mixture of normals or in one component per row. */
export class NormalPath {
  private readonly maths: Maths;
  private readonly parameters: ReturnType<NormalMixture["normalized"]>;
  private readonly component: GraphValue | undefined;
  private readonly known: ReadCoordinate[] = [];

  /** @param component the component that is read for each row, int64 `[rows, 1]`. Default: all components. */
  constructor(maths: Maths, parameters: ReturnType<NormalMixture["normalized"]>, component?: GraphValue) {
    this.maths = maths;
    this.parameters = parameters;
    this.component = component;
  }

  /** The normal of a coordinate given the known ones. */
  normal(coordinate: number): CoordinateNormal {
    const { maths } = this;
    const { size, means, noise } = this.parameters;
    const factors: GraphValue[] = [];
    let left = this.covariance(coordinate, coordinate);
    let mean = this.read((k) => means[k * size + coordinate] as number);
    for (const { coordinate: other, row, deviation, whitened, isThere } of this.known) {
      const shared = row === undefined ? undefined : this.dot(factors, row);
      const covariance = this.covariance(coordinate, other);
      const rest = shared === undefined ? covariance : maths.sub(covariance, shared);
      const value = maths.mul(maths.div(rest, deviation), isThere);
      factors.push(value);
      left = maths.sub(left, maths.mul(value, value));
      mean = maths.add(mean, maths.mul(value, whitened));
    }
    const least = maths.max(maths.mul(this.covariance(coordinate, coordinate), LEAST_SHARE), Number.MIN_VALUE);
    const deviation = maths.unary("Sqrt", maths.max(left, least));
    const spread = maths.unary("Sqrt", maths.add(maths.mul(deviation, deviation), noise[coordinate] as number));
    return { mean, spread, deviation, coordinate, factors };
  }

  /** From now on the coordinate is known, in rows that have a value. */
  add({ mean, deviation, coordinate, factors }: CoordinateNormal, { score, isPresent }: ScaledColumn): void {
    const { maths } = this;
    const isThere = maths.graph.cast(isPresent, "float64");
    this.known.push({
      ...{ coordinate, deviation, isThere },
      row: factors.length === 0 ? undefined : this.stacked(factors, score.shape[0] as Dimension),
      whitened: maths.mul(maths.div(maths.sub(score, mean), deviation), isThere),
    });
  }

  private covariance(coordinate: number, other: number): GraphValue {
    const { size, covariances } = this.parameters;
    return this.read((k) => covariances[(k * size + coordinate) * size + other] as number);
  }

  /** A number of each component that is read. */
  private read(of: (k: number) => number): GraphValue {
    const { count } = this.parameters;
    const values = Float64Array.from({ length: count }, (_, k) => of(k));
    if (this.component !== undefined) return this.maths.lookUp(values, this.component);
    return this.maths.graph.constant("float64", values, [1, count], "normals");
  }

  /** `Σⱼ factorsⱼ·rowⱼ`, over the length of the row. */
  private dot(factors: readonly GraphValue[], row: GraphValue): GraphValue {
    const { maths } = this;
    const parts = this.stacked(factors.slice(0, row.shape[2] as number), row.shape[0] as Dimension);
    return maths.graph.reshape(maths.sum(maths.mul(parts, row)), row.shape.slice(0, 2));
  }

  /** Stacks `[rows, n]` values on a new last axis. */
  private stacked(values: readonly GraphValue[], rows: Dimension): GraphValue {
    const { graph } = this.maths;
    const width = this.component === undefined ? this.parameters.count : 1;
    return this.maths.beside(
      values.map((value) => graph.reshape(graph.expand(value, [rows, width]), [rows, width, 1])),
    );
  }
}

/**
 * Adds the log-densities `[rows, components]` of some columns by the components of a mixture of normals with their weights, the
 * other columns left out; `[1, components]` of no columns.
 */
export function addNormalTerms(
  maths: Maths,
  mixture: NormalMixture,
  names: readonly string[],
  codedOf: (name: string) => CodedCells,
): GraphValue {
  const parameters = mixture.normalized();
  const { count, logWeights, logTables } = parameters;
  let terms = maths.graph.constant("float64", logWeights, [1, count], "weights");
  const path = new NormalPath(maths, parameters);
  for (const name of names) {
    const column = mixture.layout.columns.find(
      (one) => one.name === name,
    ) as NormalMixture["layout"]["columns"][number];
    const { coding, coordinate, tableFrom, tableCodes } = column;
    const cells = codedOf(name);
    const code = maths.column(cells.cells, 0);
    const table = logTables.subarray(tableFrom * count, (tableFrom + tableCodes) * count);
    if (coordinate < 0) {
      const logTable = maths.rowsOf(table, count, maths.graph.cast(maths.max(code, 0), "int64"));
      const inside = maths.add(logTable, maths.add(maths.column(cells.cells, 1), coding.logHead));
      const own = maths.where(maths.less(code, 0), cells.logFloor, maths.logAddExp(inside, cells.logFloor));
      terms = maths.add(terms, own);
      continue;
    }
    const scaled = addScaledValue(maths, column, cells);
    const normal = path.normal(coordinate);
    const logProb = cellLogProb(maths, normal, scaled);
    const entry = (place: number): GraphValue =>
      maths.graph.constant("float64", table.subarray(place * count, (place + 1) * count), [1, count], "table");
    const present = maths.add(logProb, coding.logHead, ...(tableCodes > 0 ? [entry(PRESENT)] : []));
    let own = maths.where(scaled.isPresent, maths.logAddExp(present, cells.logFloor), cells.logFloor);
    if (tableCodes > 0 && coding.missingCode !== undefined) {
      const missing = maths.logAddExp(maths.add(entry(MISSING), coding.logHead), cells.logFloor);
      own = maths.where(maths.equal(code, coding.missingCode), missing, own);
    }
    terms = maths.add(terms, own);
    path.add(normal, scaled);
  }
  return terms;
}

/** The log-density or log-mass of a value by the normal of its coordinate. */
function cellLogProb(maths: Maths, { mean, spread }: CoordinateNormal, { low, high, real }: ScaledColumn): GraphValue {
  const standard = (z: GraphValue): GraphValue => maths.div(maths.sub(z, mean), spread);
  const mass = addLogNormalMass(maths, standard(low), standard(high));
  if (real === undefined) return mass;
  const t = standard(low);
  const density = maths.sub(maths.sub(real.logScale, maths.div(maths.mul(t, t), 2)), maths.log(spread));
  return maths.where(real.isReal, density, mass);
}

/**
 * Adds the log-densities `[rows, components]` of some columns by the components of a mixture of products with their weights, the
 * other columns left out; `[1, components]` of no columns.
 */
export function addProductTerms(
  maths: Maths,
  mixture: ProductMixture,
  names: readonly string[],
  codedOf: (name: string) => CodedCells,
): GraphValue {
  const { logWeights, columns: tables } = mixture.normalized();
  const count = logWeights.length;
  let terms = maths.graph.constant("float64", logWeights, [1, count], "weights");
  for (const name of names) {
    const place = mixture.columns.findIndex((column) => column.name === name);
    const { coding } = mixture.columns[place] as MixtureColumn;
    const { cells, logFloor } = codedOf(name);
    const code = maths.column(cells, 0);
    const row = maths.graph.cast(maths.max(code, 0), "int64");
    const logTable = maths.rowsOf((tables[place] as Float64Array).map(Math.log), count, row);
    const inside = maths.add(logTable, maths.add(maths.column(cells, 1), coding.logHead));
    const own = maths.where(maths.less(code, 0), logFloor, maths.logAddExp(inside, logFloor));
    terms = maths.add(terms, own);
  }
  return terms;
}

type Dependent = NonNullable<DensityColumn["dependent"]>;

/** The cells that follow, NaN for missing ones, and where any follows at all. */
export interface FollowingCells {
  readonly cells: GraphValue;
  readonly isKnown: GraphValue | undefined;
}

/** A category that no column has: a new one is −1, and no two new ones are known to be the same. */
const NEVER = -2;

/**
 * Adds the cells of a column that follow from cells of earlier columns, `[rows, 1]`.
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
    if (step === 0) return { cells, isKnown: undefined };
    const offset = gridOffset(coding);
    const places = maths.unary("Floor", maths.add(maths.div(maths.sub(cells, offset), step), 0.5));
    return { cells: maths.add(maths.mul(places, step), offset), isKnown: undefined };
  };
  const asFloat32 = (cells: GraphValue, { isFloat32 = false }: { readonly isFloat32?: boolean }): GraphValue =>
    isFloat32 ? maths.graph.cast(maths.graph.cast(cells, "float32"), "float64") : cells;
  switch (dependent.relation.type) {
    case "constant":
      return { cells: x, isKnown: maths.less(maths.fill(1, x), 0) };
    case "duplicate":
      return { cells: asOwn(maths, coding, codings[0] as CellCoding, x), isKnown: undefined };
    case "function":
    case "bins":
      return lookedUp(maths, dependent, coding, codings[0] as CellCoding, x);
    case "linear": {
      const { weights, plus } = dependent.relation;
      const [first, ...others] = sources.map((source, k) => maths.mul(source, weights[k] as number));
      return rounded(maths.add(first as GraphValue, ...others, plus));
    }
    case "product": {
      const { scale = 1, rate } = dependent.relation;
      return rounded(maths.mul(maths.mul(x, rate === undefined ? y : maths.add(maths.mul(y, rate), 1)), scale));
    }
    case "ratio": {
      const { scale = 1, isBySquare = false } = dependent.relation;
      const quotient = maths.div(x, isBySquare ? maths.mul(y, y) : y);
      return rounded(maths.where(maths.equal(y, 0), Number.NaN, maths.mul(quotient, scale)));
    }
    case "log":
      return rounded(asFloat32(maths.where(maths.less(0, x), maths.log(x), Number.NaN), dependent.relation));
    case "square":
      return rounded(asFloat32(maths.mul(x, x), dependent.relation));
    case "datePart":
    case "years": {
      const { relation } = dependent;
      const got = relation.type === "years" ? "the years between two dates" : `the ${relation.part} of a date`;
      throw new OptionError(
        `exportOnnx: expected a table without parts of a date, because ONNX has no calendar, got ${got}. Leave the column out with --columns.`,
      );
    }
  }
}

/** Converts a cell of a source column to a cell of the own column: a category has a different place there. */
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
  { relation, keys, values }: Dependent,
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
    relation.type === "bins",
  );
  const isGap = maths.isNaN(x);
  const cells = maths.where(isGap, ofGap < 0 ? Number.NaN : placeOf(own, values[ofGap]), found.cells);
  const isFound = found.isKnown as GraphValue;
  return { cells, isKnown: ofGap < 0 ? maths.and(isFound, maths.not(isGap)) : maths.or(isFound, isGap) };
}

/**
 * @param keys rising.
 * @param areBins `true` if keys are the edges of bins: then the value of two neighbors holds between them as well.
 */
function lookedUpIn(
  maths: Maths,
  keys: readonly number[],
  values: readonly number[],
  x: GraphValue,
  areBins = false,
): FollowingCells {
  const slack = areBins ? maths.mul(maths.unary("Abs", x), RELATIVE_ROUNDING) : undefined;
  const place = addCount(maths, keys.slice(1), slack === undefined ? x : maths.add(x, slack));
  const key = maths.lookUp(keys, place);
  const isInside = values.map((value, k) => Number(k < values.length - 1 && Object.is(value, values[k + 1])));
  const isKnown =
    slack === undefined
      ? maths.equal(key, x)
      : maths.or(
          maths.atMost(maths.unary("Abs", maths.sub(x, key)), slack),
          maths.and(maths.less(key, x), maths.less(0, maths.lookUp(isInside, place))),
        );
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
