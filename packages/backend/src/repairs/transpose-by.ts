import { callKernel } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** A tensor with its axes in another order, by the kernel of the running backend; the caller frees it. */
export function transposeBy(x: tf.TensorInfo, perm: readonly number[], backend: object): tf.TensorInfo {
  const { kernelFunc } = tf.getKernel("Transpose", tf.getBackend());
  return callKernel(kernelFunc, { inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
}
