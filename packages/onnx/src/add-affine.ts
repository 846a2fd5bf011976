import type { GraphValue } from "./graph/graph.ts";
import type { GraphBuilder } from "./graph/graph-builder.ts";

/** Means and standard deviations of columns. */
export interface ColumnUnits {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
}

/** Adds `(x − mean)/sd` or `mean + sd·x` of each column, in float64. */
export function addAffine(
  graph: GraphBuilder,
  x: GraphValue,
  { mean, sd }: ColumnUnits,
  direction: "standardize" | "restore",
): GraphValue {
  const [shift, scale] = [
    graph.constant("float64", mean, [mean.length], "mean"),
    graph.constant("float64", sd, [sd.length], "scale"),
  ];
  if (direction === "standardize") return graph.node("Div", [graph.node("Sub", [x, shift], x), scale], x);
  return graph.node("Add", [graph.node("Mul", [x, scale], x), shift], x);
}
