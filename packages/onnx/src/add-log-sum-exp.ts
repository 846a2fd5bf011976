import type { GraphValue } from "./graph/graph.ts";
import type { GraphBuilder } from "./graph/graph-builder.ts";

/** Adds `log Σ exp` of values of one shape, in float64; −∞ counts as nothing, and NaN stays. */
export function addLogSumExp(graph: GraphBuilder, terms: readonly GraphValue[]): GraphValue {
  const [form, ...others] = terms as [GraphValue, ...GraphValue[]];
  if (others.length === 0) return form;
  const peak = graph.node("Max", terms, form);
  // Where the largest is infinite it is the result, and a difference from it would be NaN.
  const size = graph.node("Abs", [peak], form);
  const isInfinite = graph.node("Equal", [size, graph.scalar(Number.POSITIVE_INFINITY, "float64")], {
    shape: form.shape,
    type: "bool",
  });
  const shift = graph.node("Where", [isInfinite, graph.scalar(0, "float64"), peak], form);
  const powers = terms.map((term) => graph.node("Exp", [graph.node("Sub", [term, shift], form)], form));
  const sum = powers.slice(1).reduce((a, b) => graph.node("Add", [a, b], form), powers[0] as GraphValue);
  const log = graph.node("Add", [graph.node("Log", [sum], form), shift], form);
  return graph.node("Where", [isInfinite, peak, log], form);
}
