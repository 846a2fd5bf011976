import { currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** Distance from 0 beyond which a value may overflow float32 on its way through a model. */
const FAR = 1e6;

/**
 * Log-densities in which what overflowed is −∞: where the result is NaN or +∞ although the event has no NaN, and one of
 * its elements is further from 0 than 1e6. Such an event is less probable than float32 can say. All other values stay,
 * NaN at moderate events too: it tells of weights that overflow.
 *
 * The values are read, and only when one of them is not a number is anything computed: the same tensor comes back.
 *
 * @param logProb log-densities of the events of x, of the batch shape that x broadcasts to.
 * @param x events `[..., ...event]`.
 * @param eventRank number of axes of an event.
 */
export function overflowToMinusInfinity(logProb: tf.Tensor, x: tf.Tensor, eventRank: number): tf.Tensor {
  if (currentTrace() !== undefined) return byTensors(logProb, x, eventRank);
  const found = logProb.dataSync();
  if (!someOverflow(found)) return logProb;
  return tf.tidy(() => {
    const batch = x.shape.slice(0, x.rank - eventRank);
    const rows = batch.reduce((a, b) => a * b, 1);
    const far = new Uint8Array(rows);
    const values = x.dataSync();
    const size = values.length / Math.max(1, rows);
    for (let row = 0; row < rows; row++) {
      const event = values.subarray(row * size, (row + 1) * size);
      far[row] = event.some((v) => Math.abs(v) > FAR) && !event.some(Number.isNaN) ? 1 : 0;
    }
    const isFar = tf.broadcastTo(tf.tensor(far, batch, "bool"), logProb.shape);
    const isOverflow = tf.tensor(
      Uint8Array.from(found, (v) => (overflows(v) ? 1 : 0)),
      logProb.shape,
      "bool",
    );
    return tf.where(tf.logicalAnd(isFar, isOverflow), tf.fill(logProb.shape, Number.NEGATIVE_INFINITY), logProb);
  });
}

/** The same by tensor operations alone. */
function byTensors(logProb: tf.Tensor, x: tf.Tensor, eventRank: number): tf.Tensor {
  return tf.tidy(() => {
    const axes = Array.from({ length: eventRank }, (_, i) => x.rank - eventRank + i);
    const isFar = tf.any(tf.greater(tf.abs(x), FAR), axes);
    const isNumber = tf.logicalNot(tf.any(tf.isNaN(x), axes));
    const isOverflow = tf.logicalNot(tf.less(logProb, Number.POSITIVE_INFINITY));
    const falls = tf.logicalAnd(tf.logicalAnd(isFar, isNumber), isOverflow);
    return tf.where(falls, tf.fill(logProb.shape, Number.NEGATIVE_INFINITY), logProb);
  });
}

/** NaN or +∞. */
function overflows(value: number): boolean {
  return !(value < Number.POSITIVE_INFINITY);
}

/** Whether a value overflows. A plain loop: for a flow of one affine map, `some` costs as much as the density itself. */
function someOverflow(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (overflows(values[i] as number)) return true;
  return false;
}
