import type { Key, ParameterTree } from "@pushforward/core";
import type { Comparison } from "../law/comparison.ts";
import { alongDirection, directionFrom, withMoved } from "./direction.ts";
import { sliceSlopes, slopesAtZero } from "./finite-difference.ts";
import { compareSummedSlopes } from "./gradient-comparison.ts";

/** Scalar functions of the parameters of a model, one per row, of one or several kinds. */
export interface RowFunctions<Part extends string> {
  readonly parts: readonly Part[];
  readonly rows: number;
  /** Absolute rounding error of each value of {@link evaluate}. */
  readonly rounding: Float64Array;
  /** The values at the parameters as they are: all rows of the first kind, then of the next. */
  evaluate(): Float64Array;
  /** Gradients of the sum of some rows of a kind, each times its weight. */
  gradients(part: Part, rows: Float64Array): { readonly parameters: ReadonlyMap<string, Float32Array | undefined> };
  /** What a comparison of a kind along a source is called in messages. */
  name(part: Part, source: string): string;
}

/** Compares the gradient for each trainable parameter with finite differences along a random direction. */
export function compareParameterGradients<Part extends string>(
  comparison: Comparison,
  functions: RowFunctions<Part>,
  parameters: ParameterTree,
  key: Key,
): void {
  const { rows } = functions;
  const still = functions.evaluate();
  // One gradient has all parameters in it, and is that of all rows unless some have a kink within a step.
  const ofAllRows = new Map<Part, ReadonlyMap<string, Float32Array | undefined>>();
  const gradientsOf = (part: Part, weights: Float64Array): ReadonlyMap<string, Float32Array | undefined> => {
    const isAll = weights.every((weight) => weight === 1);
    const found = (isAll ? ofAllRows.get(part) : undefined) ?? functions.gradients(part, weights).parameters;
    if (isAll) ofAllRows.set(part, found);
    return found;
  };
  for (const [path, parameter] of parameters) {
    if (!parameter.trainable) continue;
    const values = Float32Array.from(parameter.read());
    // Shorter in larger tensors: what a unit of a network sees grows with the number of its inputs.
    const way = directionFrom(key.fold(path), values).map((sign) => sign / values.length ** 0.25);
    const slopes = slopesAtZero(
      (step) => (step === 0 ? still : withMoved(parameter, way, step, () => functions.evaluate())),
      functions.rounding,
    );
    for (const [p, part] of functions.parts.entries()) {
      const gradientOf = (weights: Float64Array): number =>
        alongDirection(gradientsOf(part, weights).get(path), way, 1)[0] as number;
      const own = sliceSlopes(slopes, p * rows, (p + 1) * rows);
      compareSummedSlopes(comparison, gradientOf, own, functions.name(part, `parameter "${path}"`));
    }
  }
}
