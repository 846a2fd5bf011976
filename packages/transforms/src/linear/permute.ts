import * as tf from "@tensorflow/tfjs-core";

/**
 * x with an axis in another order: place i has what was at `order[i]`. `inverse` is the inverse of that order.
 *
 * The gradient of a permutation is its inverse. The gradient that tfjs has for gather sums segments instead, which is
 * slower and needs a kernel that not every backend has.
 */
export function permute(x: tf.Tensor, axis: number, order: readonly number[], inverse: readonly number[]): tf.Tensor {
  const gather = tf.customGrad((input) => ({
    value: tf.gather(input as tf.Tensor, tf.tensor1d([...order], "int32"), axis),
    gradFunc: (dy: tf.Tensor) => permute(dy, axis, inverse, order),
  }));
  return gather(x);
}

/** The order that undoes another one. */
export function inverseOrder(order: readonly number[]): number[] {
  const inverse = new Array<number>(order.length);
  for (const [i, from] of order.entries()) inverse[from] = i;
  return inverse;
}
