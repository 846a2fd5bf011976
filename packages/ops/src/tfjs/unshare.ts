import * as tf from "@tensorflow/tfjs-core";

/** Gives a variable data of its own, so that it can be changed where it is. */
export function unshare(variable: tf.Variable): void {
  const { dataId } = variable;
  const owner = tf.engine().state.tensorInfo.get(dataId)?.backend;
  if (owner === undefined || owner.refCount(dataId) <= 1) return;
  tf.tidy(() => variable.assign(tf.tensor(variable.dataSync().slice(), variable.shape, variable.dtype)));
}
