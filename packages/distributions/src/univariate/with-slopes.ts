import type { Shape } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Log-densities whose gradient by a tensor is known on the host: the values stay as they are.
 *
 * @param tensor a parameter, which broadcasts to `shape`.
 * @param shape that of the log-densities, and behind it, perhaps, the axes of the numbers that one of them depends on.
 * @param slopes the derivatives, `shape`; asked for only where a gradient is.
 */
export function withSlopes(logProb: tf.Tensor, tensor: tf.Tensor, shape: Shape, slopes: () => Float32Array): tf.Tensor {
  const inner = shape.slice(logProb.rank).map(() => 1);
  const zeros = tf.customGrad((parameter) => ({
    value: tf.zerosLike(logProb),
    gradFunc: (upstream: tf.Tensor) => {
      const wide = tf.reshape(upstream, [...logProb.shape, ...inner]);
      return tf.mul(tf.tensor(slopes(), (parameter as tf.Tensor).shape), wide);
    },
  }));
  return tf.add(logProb, zeros(tf.add(tensor, tf.zeros([...shape]))));
}
