import { ConditionalFlow } from "@pushforward/flows";
import type { NumericFlow } from "@pushforward/tables";
import { type DensityColumn, flowContextLayout } from "@pushforward/tables/extend";
import { addDensity } from "../add-density.ts";
import type { Dimension, GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "../maths/maths.ts";
import type { CodedCells } from "./bin-ranks.ts";

/**
 * Adds the context of a flow from the remaining columns: the most frequent categories as ones and zeros, features of
 * numbers, and gaps.
 */
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

/** Adds the log-density `[rows, 1]` of the columns of a flow of numbers given the remaining columns. */
export function addNumericFlow(
  maths: Maths,
  { columns: names, scales, flow }: NumericFlow,
  columns: readonly DensityColumn[],
  codedOf: (name: string) => CodedCells,
): GraphValue {
  const { graph } = maths;
  let logVolume: GraphValue | undefined;
  const values = names.map((name, j) => {
    const x = codedOf(name).values;
    const scale = scales[j] as number;
    const isNumber = maths.less(maths.unary("Abs", x), Number.POSITIVE_INFINITY);
    const isInside = scale === 0 ? isNumber : maths.and(isNumber, maths.less(0, x));
    const safe = maths.where(isInside, x, 1);
    const { value, logSlope } = scale === 0 ? { value: safe, logSlope: maths.fill(0, x) } : softLog(maths, safe, scale);
    const own = maths.where(isInside, logSlope, Number.NEGATIVE_INFINITY);
    logVolume = logVolume === undefined ? own : maths.add(logVolume, own);
    return maths.where(isInside, value, 0);
  });
  const context = flow instanceof ConditionalFlow ? addFlowContext(maths, columns, names, codedOf) : undefined;
  const all = maths.beside(values);
  const logProb = addDensity(graph, flow, all, context);
  return maths.add(graph.reshape(logProb, [all.shape[0] as Dimension, 1]), logVolume as GraphValue);
}

/** `s·log(exp(x/s) − 1)` and the log of its slope, `−log(1 − exp(−x/s))`. */
function softLog(maths: Maths, x: GraphValue, scale: number): { value: GraphValue; logSlope: GraphValue } {
  const t = maths.div(x, scale);
  const less = maths.sub(1, maths.exp(maths.unary("Neg", t)));
  // 1 − e⁻ᵗ = t − t²/2 + … loses its digits for small t.
  const small = maths.mul(t, maths.sub(1, maths.mul(t, maths.sub(0.5, maths.div(t, 6)))));
  const log = maths.log(maths.where(maths.less(t, 1e-4), small, less));
  return { value: maths.mul(maths.add(t, log), scale), logSlope: maths.unary("Neg", log) };
}
