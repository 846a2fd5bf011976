import type { NormalMixture } from "@pushforward/tables";
import type { Dimension } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import { addLogNormalMass } from "../maths/add-log-normal-mass.ts";
import type { Maths } from "../maths/maths.ts";
import { addScaledValue, type ScaledColumn } from "./add-scaled-value.ts";
import type { CodedCells } from "./coded-cells.ts";

/** Codes of the table of a column whose values have an order. */
const PRESENT = 0;
const MISSING = 1;
/** Least share of the variance of a coordinate that is left by others: below it rounding decides. */
const LEAST_SHARE = 1e-9;

/** A coordinate that has been read, in each component. */
interface ReadCoordinate {
  readonly coordinate: number;
  /** Row of the Cholesky factor left of the diagonal: 0 at coordinates that a row has no value of; `[rows, count, depth]`. */
  readonly row: GraphValue | undefined;
  /** `[rows, count]`. */
  readonly deviation: GraphValue;
  /** The values, made independent and standard normal; 0 where there is none. */
  readonly whitened: GraphValue;
  /** 1 for rows with a value, 0 for others, `[rows, 1]`. */
  readonly isThere: GraphValue;
}

/** Adds the log-density `[rows, 1]` of some columns by a mixture of normals, the others left out. */
export function addNormalMixture(
  maths: Maths,
  mixture: NormalMixture,
  names: readonly string[],
  codedOf: (name: string) => CodedCells,
): GraphValue {
  const parameters = mixture.normalized();
  const { count, logWeights, logTables } = parameters;
  let terms = maths.graph.constant("float64", logWeights, [1, count], "weights");
  const known: ReadCoordinate[] = [];
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
    const { logProb, next } = readCoordinate(maths, parameters, known, coordinate, scaled);
    const entry = (place: number): GraphValue =>
      maths.graph.constant("float64", table.subarray(place * count, (place + 1) * count), [1, count], "table");
    const present = maths.add(logProb, coding.logHead, ...(tableCodes > 0 ? [entry(PRESENT)] : []));
    let own = maths.where(scaled.isPresent, maths.logAddExp(present, cells.logFloor), cells.logFloor);
    if (tableCodes > 0 && coding.missingCode !== undefined) {
      const missing = maths.logAddExp(maths.add(entry(MISSING), coding.logHead), cells.logFloor);
      own = maths.where(maths.equal(code, coding.missingCode), missing, own);
    }
    terms = maths.add(terms, own);
    known.push(next);
  }
  return maths.logSumExp(terms);
}

/** The log-density or log-mass `[rows, count]` of a coordinate given those before it, and the coordinate as the next ones read it. */
function readCoordinate(
  maths: Maths,
  { count, size, means, covariances, noise }: ReturnType<NormalMixture["normalized"]>,
  known: readonly ReadCoordinate[],
  coordinate: number,
  { score, low, high, real, isPresent }: ScaledColumn,
): { readonly logProb: GraphValue; readonly next: ReadCoordinate } {
  const ofComponents = (of: (k: number) => number): GraphValue =>
    maths.graph.constant(
      "float64",
      Float64Array.from({ length: count }, (_, k) => of(k)),
      [1, count],
      "normals",
    );
  const covariance = (other: number): GraphValue =>
    ofComponents((k) => covariances[(k * size + coordinate) * size + other] as number);
  const own: GraphValue[] = [];
  let left = covariance(coordinate);
  let mean = ofComponents((k) => means[k * size + coordinate] as number);
  for (const { coordinate: other, row, deviation, whitened, isThere } of known) {
    const shared = row === undefined ? undefined : dot(maths, own, row);
    const rest = shared === undefined ? covariance(other) : maths.sub(covariance(other), shared);
    const value = maths.mul(maths.div(rest, deviation), isThere);
    own.push(value);
    left = maths.sub(left, maths.mul(value, value));
    mean = maths.add(mean, maths.mul(value, whitened));
  }
  const least = maths.max(maths.mul(covariance(coordinate), LEAST_SHARE), Number.MIN_VALUE);
  const deviation = maths.unary("Sqrt", maths.max(left, least));
  const spread = maths.unary("Sqrt", maths.add(maths.mul(deviation, deviation), noise[coordinate] as number));
  const standard = (z: GraphValue): GraphValue => maths.div(maths.sub(z, mean), spread);
  const isThere = maths.graph.cast(isPresent, "float64");
  const next: ReadCoordinate = {
    ...{ coordinate, deviation, isThere },
    row: own.length === 0 ? undefined : stacked(maths, own, score.shape[0] as Dimension, count),
    whitened: maths.mul(maths.div(maths.sub(score, mean), deviation), isThere),
  };
  const mass = addLogNormalMass(maths, standard(low), standard(high));
  if (real === undefined) return { logProb: mass, next };
  const t = standard(low);
  const density = maths.sub(maths.sub(real.logScale, maths.div(maths.mul(t, t), 2)), maths.log(spread));
  return { logProb: maths.where(real.isReal, density, mass), next };
}

/** `Σⱼ ownⱼ·rowⱼ` over as many as the row has. */
function dot(maths: Maths, own: readonly GraphValue[], row: GraphValue): GraphValue {
  const depth = row.shape[2] as number;
  const parts = stacked(maths, own.slice(0, depth), row.shape[0] as Dimension, row.shape[1] as number);
  return maths.graph.reshape(maths.sum(maths.mul(parts, row)), row.shape.slice(0, 2));
}

/** `[rows, count]` beside each other on a new last axis. */
function stacked(maths: Maths, values: readonly GraphValue[], rows: Dimension, count: number): GraphValue {
  const { graph } = maths;
  return maths.beside(values.map((value) => graph.reshape(graph.expand(value, [rows, count]), [rows, count, 1])));
}
