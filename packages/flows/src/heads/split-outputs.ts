import * as tf from "@tensorflow/tfjs-core";

/** The parts of the last axis, of these widths. TensorFlow.js has no gradient of a split into one part. */
export function splitOutputs(raw: tf.Tensor, widths: readonly number[]): tf.Tensor[] {
  return widths.length === 1 ? [raw] : tf.split(raw, [...widths], -1);
}
