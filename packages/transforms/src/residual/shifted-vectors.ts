import { type Conditioner, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Vectors, each with its part of what a network makes of the context added: amortized parameters, as in Rezende and Mohamed 2015,
 * arXiv:1505.05770. Without a network they are as they are.
 *
 * @param vectors each `[size]`.
 * @param conditioner from the context to the sum of the sizes.
 * @param context `[...batch, conditioner.inputSize]`.
 * @returns each `[size]`, or with a network `[...batch, size]`.
 */
export function shiftedVectors(
  vectors: readonly tf.Tensor[],
  conditioner: Conditioner | undefined,
  context: tf.Tensor | undefined,
): readonly tf.Tensor[] {
  if (conditioner === undefined || context === undefined) return vectors;
  const sizes = vectors.map(({ size }) => size);
  const rows = conditioner.apply(tf.reshape(context, [-1, conditioner.inputSize]));
  const shifts = tf.reshape(rows, [...context.shape.slice(0, -1), conditioner.outputSize]);
  return tf.split(shifts, sizes, -1).map((shift, i) => tf.add(shift, vectors[i] as tf.Tensor));
}

/**
 * The width of the context of a network that shifts vectors, checked; 0 without one.
 *
 * @throws {ShapeError} it gives another count of numbers, or takes a context of its own.
 */
export function shiftContext(where: string, conditioner: Conditioner | undefined, outputs: number): number {
  if (conditioner === undefined) return 0;
  const { inputSize, outputSize, contextSize } = conditioner;
  if (outputSize === outputs && contextSize === 0) return inputSize;
  throw new ShapeError(
    `${where}: expected a conditioner with outputSize ${outputs} and no context of its own, ` +
      `got outputSize ${outputSize} and context size ${contextSize}.`,
  );
}
