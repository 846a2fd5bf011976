import type { Shape } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** For each flat index of an array of shape `to`, the flat index in an array of shape `from` that broadcasts to it. */
export function broadcastIndices(from: Shape, to: Shape): Int32Array {
  const indices = new Int32Array(sizeOf(to));
  for (let flat = 0; flat < indices.length; flat++) {
    let rest = flat;
    let stride = 1;
    let index = 0;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const size = to[axis] as number;
      const own = from[axis - to.length + from.length] ?? 1;
      if (own !== 1) index += (rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    indices[flat] = index;
  }
  return indices;
}

/** Sums over the axes along which a shape was broadcast: the gradient of broadcasting. */
export function sumToShape(tensor: tf.Tensor, shape: Shape): tf.Tensor {
  const extra = tensor.rank - shape.length;
  const axes = tensor.shape.flatMap((size, i) => (i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []));
  return axes.length === 0 ? tensor : tf.reshape(tf.sum(tensor, axes), [...shape]);
}
