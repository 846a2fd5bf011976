import type { ValueAndLogDet } from "@pushforward/core";
import { clip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A map of [−bound, bound] onto itself that is the identity outside. Values are clipped before it sees them; NaN is not
 * outside: it goes through the map.
 */
export function identityTails(
  value: tf.Tensor,
  bound: number,
  map: (inside: tf.Tensor) => ValueAndLogDet,
): ValueAndLogDet {
  const [mapped, logDet] = map(clip(value, -bound, bound));
  const isOutside = tf.greater(tf.abs(value), bound);
  return [tf.where(isOutside, value, mapped), tf.where(isOutside, 0, logDet)];
}
