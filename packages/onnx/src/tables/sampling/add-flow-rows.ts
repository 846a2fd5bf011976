import { ConditionalFlow } from "@pushforward/flows";
import type { NumericFlow } from "@pushforward/tables";
import type { DensityColumn } from "@pushforward/tables/extend";
import { addSampler } from "../../add-sampler.ts";
import type { GraphValue } from "../../graph/graph.ts";
import type { Maths } from "../../maths/maths.ts";
import type { NoiseColumns } from "../../noise-columns.ts";
import { addFlowContext } from "../add-flow-context.ts";
import type { CodedCells } from "../coded-cells.ts";

/** Below it `log(1 + x)` is its series, which 1 + x would leave no digits of. */
const SMALL = 1e-4;

/**
 * Adds cells `[rows, 1]` of the columns of a flow of numbers given the others.
 *
 * @param member the place of the flow in its mixture.
 */
export function addFlowRows(
  maths: Maths,
  { columns: names, scales, flow }: NumericFlow,
  columns: readonly DensityColumn[],
  codedOf: (name: string) => CodedCells,
  noise: NoiseColumns,
  member: number,
): ReadonlyMap<string, GraphValue> {
  const context = flow instanceof ConditionalFlow ? addFlowContext(maths, columns, names, codedOf) : undefined;
  const rows = addSampler(maths.graph, flow, noise, context, { decides: "flow", member });
  return new Map(
    names.map((name, j) => {
      const scale = scales[j] as number;
      const y = maths.column(rows, j);
      return [name, scale === 0 ? y : softExp(maths, y, scale)];
    }),
  );
}

/** The inverse of the soft logarithm, `s·log(1 + exp(y/s))`. */
function softExp(maths: Maths, y: GraphValue, scale: number): GraphValue {
  const t = maths.div(y, scale);
  const power = maths.exp(maths.unary("Neg", maths.unary("Abs", t)));
  const series = maths.mul(power, maths.sub(1, maths.mul(power, maths.sub(0.5, maths.div(power, 3)))));
  const log = maths.where(maths.less(power, SMALL), series, maths.log(maths.add(power, 1)));
  return maths.mul(maths.add(maths.max(t, 0), log), scale);
}
