import type { SplineForm } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { softClip } from "./soft-clip.ts";

/**
 * Shares that the bins of a spline have of its interval, `minBin + (1 − minBin·K)·softmax(clip(softmaxScale·r))`,
 * `clip(u) = u/(1 + |u|/softmaxLimit)`; with a `softmaxLimit` of 0 nothing is clipped. They sum to 1.
 *
 * @param raw `[...batch, K]`.
 * @returns `[...batch, K]`.
 * @example
 * binShares(tf.zeros([4]), { softmaxScale: 1, softmaxLimit: 0, minBin: 1e-3 }); // → [0.25, 0.25, 0.25, 0.25]
 */
export function binShares(
  raw: tf.Tensor,
  { softmaxScale, softmaxLimit, minBin }: Pick<SplineForm, "softmaxScale" | "softmaxLimit" | "minBin">,
): tf.Tensor {
  return tf.tidy(() => {
    const bins = raw.shape[raw.rank - 1] as number;
    const scaled = softmaxScale === 1 ? raw : tf.mul(raw, softmaxScale);
    const shares = tf.softmax(softmaxLimit > 0 ? softClip(scaled, softmaxLimit) : scaled);
    return tf.add(tf.mul(shares, 1 - minBin * bins), minBin);
  });
}
