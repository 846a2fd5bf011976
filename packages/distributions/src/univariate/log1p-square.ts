import { clip, log1p, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

const LARGEST = 3e38;

/** `ln(1 + w²)`, elementwise, without overflow: `2 ln m + ln(1/m² + (w/m)²)` with m the larger of |w| and 1. */
export function log1pSquare(w: tf.Tensor): tf.Tensor {
  const kept = clip(w, -LARGEST, LARGEST);
  const m = stopGradient(tf.maximum(tf.abs(kept), 1));
  const excess = tf.add(tf.sub(tf.div(1, tf.square(m)), 1), tf.square(tf.div(kept, m)));
  return tf.add(tf.mul(2, tf.log(m)), log1p(excess));
}
