import { CELL_SIZE, type CellCoding, type ColumnDensity, type DensityColumn } from "@pushforward/tables/extend";
import type * as tf from "@tensorflow/tfjs-core";
import type { Dimension } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { recordProgram } from "../program/record-program.ts";
import { translateProgram } from "../translate-program.ts";
import { addColumnContext } from "./add-column-context.ts";
import type { CodedCells } from "./coded-cells.ts";

/**
 * Adds the log-probabilities `[rows, 1]` of the cells of a column given those before it: by its members, or by the frequencies of
 * its codes where it has none.
 *
 * @param coded all columns.
 */
export function addColumnLogProb(
  maths: Maths,
  { coding, members, parents }: Pick<DensityColumn, "coding" | "members" | "parents">,
  coded: readonly CodedCells[],
  own: CodedCells,
): GraphValue {
  if (members.length === 0) return marginalLogProb(maths, coding, own);
  const context = addColumnContext(maths, parents, coded);
  const heads = members.map((member) => memberLogProb(maths, member, own.cells, context));
  const sum = heads.reduce((a, b) => maths.logAddExp(a, b));
  return maths.logAddExp(maths.add(sum, coding.logHead - Math.log(members.length)), own.logFloor);
}

function memberLogProb(maths: Maths, member: ColumnDensity, cells: GraphValue, context: GraphValue): GraphValue {
  const { graph } = maths;
  const inputs = [cells, context].map((input) => graph.cast(input, "float32"));
  const shapes = [[CELL_SIZE], [...member.contextShape]];
  const program = recordProgram(member, shapes, ([own, at]) => member.given(at as tf.Tensor).logProb(own as tf.Tensor));
  const logProb = graph.cast(translateProgram(graph, program, inputs), "float64");
  return graph.reshape(logProb, [cells.shape[0] as Dimension, 1]);
}

/** By the frequencies of the codes alone. */
function marginalLogProb(maths: Maths, { counts, logHead }: CellCoding, { cells, logFloor }: CodedCells): GraphValue {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  const logShares = counts.map((count) => Math.log((count + 0.5) / total));
  const code = maths.column(cells, 0);
  const isNone = maths.less(code, 0);
  const place = maths.graph.cast(maths.max(code, 0), "int64");
  const inside = maths.add(maths.lookUp(logShares, place), maths.column(cells, 1), logHead);
  return maths.where(isNone, logFloor, maths.logAddExp(inside, logFloor));
}
