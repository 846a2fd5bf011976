import type { TensorLike } from "@pushforward/core";
import { asTensor, type PlanBuilder, type PlanMatrix } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Log-probability of labels given logits, `y·l − log(1 + eˡ) = log σ(l)` for y = 1 and `log(1 − σ(l))` for y = 0, in
 * nats, elementwise; shapes broadcast. It neither overflows nor loses a tail. Its negative mean is the binary
 * cross-entropy. Labels between 0 and 1 are shares of both.
 *
 * @example
 * const crossEntropy = tf.neg(tf.mean(bernoulliLogProb([1, 0], [2.5, -1]))); // → 0.196
 */
export function bernoulliLogProb(labels: TensorLike, logits: TensorLike): tf.Tensor {
  return tf.tidy(() => {
    const y = asTensor(labels, "bernoulliLogProb");
    const l = asTensor(logits, "bernoulliLogProb");
    // The larger of l and 0 meets y·l before it is rounded: (y − 1)·l for positive l, y·l for others.
    const linear = tf.sub(tf.mul(y, tf.neg(tf.relu(tf.neg(l)))), tf.mul(tf.sub(1, y), tf.relu(l)));
    return tf.sub(linear, tf.softplus(tf.neg(tf.abs(l))));
  });
}

/** The sum of {@link bernoulliLogProb} over the columns as a step of a plan: labels and logits `[rows, n]` → `[rows, 1]`. */
export function bernoulliLogProbStep(plan: PlanBuilder, labels: PlanMatrix, logits: PlanMatrix): PlanMatrix {
  return plan.add("bernoulliLogProb", { inputs: [labels, logits] })[0];
}
