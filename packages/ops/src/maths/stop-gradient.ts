import { currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The same values as a constant: nothing flows back through it. It shares the memory of x.
 *
 * @example
 * tf.grad((x) => tf.mul(x, stopGradient(x)))(tf.scalar(3)); // → 3
 */
export function stopGradient(x: tf.Tensor): tf.Tensor {
  if (currentTrace() !== undefined) return tf.clone(x);
  // The kernel is run past the engine, which would record it on the tape.
  const engine = tf.engine();
  const { kernelFunc } = tf.getKernel("Identity", tf.getBackend());
  const alias = kernelFunc({ inputs: { x }, backend: engine.backend }) as tf.TensorInfo;
  return engine.makeTensorFromTensorInfo(alias);
}
