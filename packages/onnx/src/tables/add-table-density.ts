import type { TableDensity } from "@pushforward/tables";
import { type DensityColumn, TableMixture } from "@pushforward/tables/extend";
import type { Dimension } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { Maths } from "../maths/maths.ts";
import { addColumnLogProb } from "./add-column-log-prob.ts";
import { addDependentLogProb } from "./add-dependent-log-prob.ts";
import { addMemberLogProb } from "./add-member-log-prob.ts";
import { codeColumn } from "./code-column.ts";

/** A density of the rows of a table of any columns. */
export type AnyTableDensity = TableDensity | TableMixture;

/**
 * Adds the log-density of the rows of a table.
 *
 * @param x float64 `[rows, columns]`: numbers, places of categories, NaN for missing cells.
 * @returns float64 `[rows]`.
 */
export function addTableDensity(graph: GraphBuilder, model: AnyTableDensity, x: GraphValue): GraphValue {
  const maths = new Maths(graph);
  const { columns } = model;
  const coded = columns.map(({ coding }, k) => codeColumn(maths, coding, maths.column(x, k)));
  const byNetworks = columns.map((column, k) => {
    const own = coded[k] as (typeof coded)[number];
    if (column.isGiven) return undefined;
    const { dependent } = column;
    if (dependent !== undefined) return addDependentLogProb(maths, { ...column, dependent }, columns, coded, own);
    return addColumnLogProb(maths, column, coded, own);
  });
  const sumOf = (isOne: (column: DensityColumn) => boolean): GraphValue =>
    byNetworks
      .flatMap((logProb, k) => (logProb !== undefined && isOne(columns[k] as DensityColumn) ? [logProb] : []))
      .reduce<GraphValue>((sum, one) => maths.add(sum, one), maths.fill(0, maths.column(x, 0)));
  const rows: readonly Dimension[] = [x.shape[0] as Dimension];
  if (!(model instanceof TableMixture))
    return graph.reshape(
      sumOf(() => true),
      rows,
    );
  const { members, weights } = model;
  const ofNetworks = sumOf(({ dependent }) => dependent === undefined);
  const share = Math.log1p(-weights.reduce((sum, weight) => sum + weight, 0));
  const all = members.map((member, m) => {
    const others = (names: readonly string[]): GraphValue =>
      sumOf(({ dependent, name }) => dependent === undefined && !names.includes(name));
    return maths.add(addMemberLogProb(maths, model, member, coded, others), Math.log(weights[m] as number));
  });
  const total = all.reduce((a, b) => maths.logAddExp(a, b), maths.add(ofNetworks, share));
  return graph.reshape(
    maths.add(
      total,
      sumOf(({ dependent }) => dependent !== undefined),
    ),
    rows,
  );
}
