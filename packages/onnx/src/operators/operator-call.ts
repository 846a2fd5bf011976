import type { Dimensions } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import type { GraphBuilder, OutputForm } from "../graph/graph-builder.ts";

/** A kernel of TensorFlow.js that is to become nodes of a graph. */
export interface OperatorCall {
  readonly graph: GraphBuilder;
  readonly outputs: readonly OutputForm[];
  /** The first of them. */
  readonly output: OutputForm;
  /** The names of the inputs, in the order of the kernel. */
  readonly names: readonly string[];
  /** An input, in its full shape. */
  input(name: string): GraphValue;
  /** All inputs, or those of these names, in shapes that broadcast to that of the output. */
  broadcasting(names?: readonly string[]): readonly GraphValue[];
  /** A setting of the kernel. */
  setting<T>(name: string): T;
}

/** Adds the nodes that compute what a kernel does. */
export type Operator = (call: OperatorCall) => GraphValue | readonly GraphValue[];

/** Operators by kernel. */
export type Operators = Readonly<Record<string, Operator>>;

/** A shape with some axes left out. */
export function without(shape: Dimensions, axes: readonly number[]): Dimensions {
  return shape.filter((_, i) => !axes.includes(i));
}

/** Axes of TensorFlow.js, one, several, or by default all, counted from the front. */
export function axesOf(axis: number | readonly number[] | null | undefined, rank: number): readonly number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, i) => i);
  return (typeof axis === "number" ? [axis] : axis).map((one) => (one < 0 ? one + rank : one));
}
