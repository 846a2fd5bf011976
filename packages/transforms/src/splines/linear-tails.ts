import type { ValueAndLogDet } from "@pushforward/core";
import { clip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

const LARGEST_FLOAT32 = 3.4028234663852886e38;

/**
 * An increasing map of [−bound, bound], or its inverse from there, that goes on outside in straight lines with the slopes
 * that it has at the ends. Values are clipped before it sees them; NaN stays NaN.
 *
 * @param ends what the map is defined between.
 */
export function linearTails(
  value: tf.Tensor,
  [low, high]: readonly [low: number, high: number],
  map: (inside: tf.Tensor) => ValueAndLogDet,
): ValueAndLogDet {
  const inside = clip(value, low, high);
  const [mapped, logDet] = map(inside);
  // At ±∞ no slope changes the value, and 0 · ∞ must not come up in its gradient.
  const beyond = tf.sub(clip(value, -LARGEST_FLOAT32, LARGEST_FLOAT32), inside);
  const line = tf.add(mapped, tf.mul(beyond, tf.exp(logDet)));
  return [tf.where(tf.greater(tf.abs(value), LARGEST_FLOAT32), value, line), logDet];
}
