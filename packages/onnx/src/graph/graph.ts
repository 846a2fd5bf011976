import type { Dimensions } from "./dimension.ts";
import type { ElementType } from "./element-type.ts";

/** A tensor of a graph. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: Dimensions;
}

/** A tensor of known values. */
export interface Initializer extends GraphValue {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** A setting of an operator. */
export type AttributeValue =
  | { readonly integer: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly integers: readonly number[] }
  | { readonly graph: Graph };

/** An operator with its inputs and outputs, all by name. An input that is left out has the name "". */
export interface GraphNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** A graph; the body of a loop, too, which may read the values around it. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly initializers: readonly Initializer[];
  readonly nodes: readonly GraphNode[];
}
