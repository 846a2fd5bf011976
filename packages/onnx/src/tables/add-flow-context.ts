import { type DensityColumn, flowContextLayout } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import type { CodedCells } from "./coded-cells.ts";

/** What the other columns are to a flow: the most frequent categories as ones and zeros, features of numbers, and gaps. */
export function addFlowContext(
  maths: Maths,
  columns: readonly DensityColumn[],
  names: readonly string[],
  codedOf: (name: string) => CodedCells,
): GraphValue | undefined {
  const { graph } = maths;
  const parts = flowContextLayout(columns, names).flatMap(({ name, codes, features, missingCode }) => {
    const own = codedOf(name);
    const isCode = (code: number): GraphValue => graph.cast(maths.equal(own.codes, code), "float64");
    return [
      ...codes.map(isCode),
      ...features.map((feature) => maths.column(own.features as GraphValue, feature)),
      ...(missingCode === undefined ? [] : [isCode(missingCode)]),
    ];
  });
  return parts.length === 0 ? undefined : maths.beside(parts);
}
