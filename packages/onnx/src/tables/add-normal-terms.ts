import type { NormalMixture } from "@pushforward/tables";
import type { GraphValue } from "../graph/graph.ts";
import { addLogNormalMass } from "../maths/add-log-normal-mass.ts";
import type { Maths } from "../maths/maths.ts";
import { addScaledValue, type ScaledColumn } from "./add-scaled-value.ts";
import type { CodedCells } from "./coded-cells.ts";
import { MISSING, PRESENT } from "./normal-codes.ts";
import { type CoordinateNormal, NormalPath } from "./normal-path.ts";

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
