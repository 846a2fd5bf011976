import type { Shape } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

/** Sums over the axes along which a shape was broadcast: the gradient of broadcasting. */
export function sumToShape(tensor: tf.Tensor, shape: Shape): tf.Tensor {
  const extra = tensor.rank - shape.length;
  const axes = tensor.shape.flatMap((size, i) => (i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []));
  return axes.length === 0 ? tensor : tf.reshape(tf.sum(tensor, axes), [...shape]);
}
