import type { Key } from "@pushforward/core";
import { randomSigns } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Terms of the series that are always there. */
const CERTAIN = 4;
/** The chance of each further term. */
const MORE = 0.5;

/**
 * An unbiased estimate of `log det(I + J) = Σₖ (−1)ᵏ⁺¹ tr(Jᵏ)/k` for each row, `[rows]`: traces by one probe of random signs
 * (Hutchinson 1989), a series that ends at random, with the terms behind the first four divided by the chance that they are
 * there.
 *
 * @param push the product of each row with its J.
 * @see Chen et al. 2019, https://arxiv.org/abs/1906.02735
 */
export function traceEstimate(
  push: (tangents: tf.Tensor) => tf.Tensor,
  [rows, features]: readonly [number, number],
  key: Key,
): tf.Tensor {
  const [ofProbe, ofEnd] = key.split() as [Key, Key];
  const probe = randomSigns(ofProbe, [rows, features]);
  const further = Math.floor(Math.log(1 - (ofEnd.uniform(1)[0] as number)) / Math.log(MORE));
  let tangent: tf.Tensor = probe;
  let sum: tf.Tensor = tf.zeros([rows]);
  for (let k = 1; k <= CERTAIN + further; k++) {
    tangent = push(tangent);
    const weight = (k % 2 === 1 ? 1 : -1) / (k * MORE ** Math.max(0, k - CERTAIN));
    sum = tf.add(sum, tf.mul(tf.sum(tf.mul(tangent, probe), 1), weight));
  }
  return sum;
}
