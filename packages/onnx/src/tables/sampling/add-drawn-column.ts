import { cellComponent } from "@pushforward/ops";
import type { CellCoding, ColumnDensity, DensityColumn } from "@pushforward/tables/extend";
import type * as tf from "@tensorflow/tfjs-core";
import type { GraphValue } from "../../graph/graph.ts";
import { addChoice } from "../../maths/add-choice.ts";
import { addFixedChoice } from "../../maths/add-fixed-choice.ts";
import type { Maths } from "../../maths/maths.ts";
import type { NoiseColumns, OnnxNoise } from "../../noise-columns.ts";
import { recordProgram } from "../../program/record-program.ts";
import { translateProgram } from "../../translate-program.ts";
import { addColumnContext } from "../add-column-context.ts";
import type { CodedCells } from "../coded-cells.ts";
import { addDecodedCells } from "./add-decoded-cells.ts";

/** A uniform number of float32 may be 0, of which the logit is infinite. */
const LEAST = 2 ** -25;

/**
 * Adds cells `[rows, 1]` of a column given those before it: drawn by its networks, or by the frequencies of its codes where it has
 * none.
 *
 * @param coded the columns before it.
 */
export function addDrawnColumn(
  maths: Maths,
  { name, coding, members, parents }: Pick<DensityColumn, "name" | "coding" | "members" | "parents">,
  coded: readonly CodedCells[],
  noise: NoiseColumns,
): GraphValue {
  const { graph } = maths;
  const uniform = (decides: OnnxNoise["decides"]): GraphValue => noise.take("uniform", 1, { decides, column: name });
  const within = (): GraphValue => uniform("within");
  if (members.length === 0) {
    const shares = Array.from(coding.logMarginal.subarray(0, coding.counts.length), Math.exp);
    const code = graph.cast(addFixedChoice(maths, shares, uniform("code")), "float64");
    return addDecodedCells(maths, coding, { code, within });
  }
  const head = chosenHead(maths, members, addColumnContext(maths, parents, coded), uniform);
  const logits = maths.columns(head, 0, coding.codes);
  const code = graph.cast(addChoice(maths, maths.shares(logits), uniform("code")), "float64");
  const quantile = coding.components > 0 ? drawnQuantile(maths, coding, head, uniform) : undefined;
  return addDecodedCells(maths, coding, { code, within, quantile });
}

/** The head `[rows, n]` of one of the members. */
function chosenHead(
  maths: Maths,
  members: readonly ColumnDensity[],
  context: GraphValue,
  uniform: (decides: "network") => GraphValue,
): GraphValue {
  const { graph } = maths;
  const heads = members.map((member) => {
    const program = recordProgram(member, [[...member.contextShape]], ([at]) => member.apply(at as tf.Tensor));
    return graph.cast(translateProgram(graph, program, [graph.cast(context, "float32")]), "float64");
  });
  const [first, ...others] = heads as [GraphValue, ...GraphValue[]];
  if (others.length === 0) return first;
  const place = maths.mul(uniform("network"), members.length);
  return others.reduce((head, other, m) => maths.where(maths.less(place, m + 1), head, other), first);
}

/** A number of the mixture of logistics. */
function drawnQuantile(
  maths: Maths,
  { codes, components }: CellCoding,
  head: GraphValue,
  uniform: (decides: "component" | "place") => GraphValue,
): GraphValue {
  const part = (i: number): GraphValue => maths.columns(head, codes + i * components, codes + (i + 1) * components);
  const m = addChoice(maths, maths.shares(part(0)), uniform("component"));
  const centers = Array.from({ length: components }, (_, k) => cellComponent(0, 0, k, components).mean);
  const mean = maths.add(maths.pick(part(1), m), maths.lookUp(centers, m));
  // What a raw number is to a scale is read off: a shift between two ends.
  const logScale = (raw: number): number => Math.log(cellComponent(0, raw, 0, 1).scale);
  const shifted = maths.add(maths.pick(part(2), m), logScale(0));
  const scale = maths.exp(maths.clip(shifted, logScale(-1e9), logScale(1e9)));
  const u = maths.max(uniform("place"), LEAST);
  return maths.add(mean, maths.mul(scale, maths.log(maths.div(u, maths.sub(1, u)))));
}
