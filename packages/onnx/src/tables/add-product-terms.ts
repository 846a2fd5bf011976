import type { ProductMixture } from "@pushforward/tables";
import type { MixtureColumn } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import type { CodedCells } from "./coded-cells.ts";

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
