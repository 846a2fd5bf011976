import { OptionError } from "@pushforward/core";
import { currentTraining } from "@pushforward/core/extend";
import { logSumExp, stopGradient } from "@pushforward/ops";
import type { Loss } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import type { UnnormalizedLogDensity, VariationalFamily } from "./variational-family.ts";

/**
 * What is made small, of an approximation q and a density p:
 *
 * - `"reverse"`: `KL(q ‖ p)`, which prefers to miss mass over spreading too wide;
 * - `"forward"`: `KL(p ‖ q)`, which prefers to cover all mass, by draws of q with self-normalized importance weights
 *   (Müller et al. 2019, arXiv:1808.03856);
 * - a number α from 0 to below 1: the divergence of Rényi between them, from covering to missing (Li and Turner 2016,
 *   arXiv:1602.02311).
 */
export type Divergence = "reverse" | "forward" | number;

/** How a divergence is differentiated and approached. */
export interface DivergenceOptions {
  readonly divergence: Divergence;
  readonly gradient: "path" | "full";
  /** The power of the density that the step of training that runs is made for, from 0 to 1. */
  readonly temper: () => number;
}

/**
 * The loss of a divergence from the draws of a step.
 *
 * @throws {OptionError} an unknown divergence, or an α out of range.
 */
export function divergenceLoss(
  logDensity: UnnormalizedLogDensity,
  { divergence, gradient, temper }: DivergenceOptions,
): Loss<VariationalFamily> {
  const target = (x: tf.Tensor): tf.Tensor => {
    const power = currentTraining() === undefined ? 1 : temper();
    return power === 1 ? logDensity(x) : tf.mul(logDensity(x), power);
  };
  if (divergence === "reverse") return reverseKl(target, gradient);
  if (divergence === "forward") return forwardKl(target);
  if (typeof divergence === "number" && divergence >= 0 && divergence < 1) return renyi(target, divergence);
  throw new OptionError(
    `fitVariational: expected divergence to be "reverse", "forward" or a number from 0 to below 1, got ${JSON.stringify(divergence)}.`,
  );
}

/**
 * The mean of `log q(x) − log p̃(x)` over draws of q. The gradient of `log q` at draws that are held fixed is the score; it
 * is taken off, and its value put back.
 */
function reverseKl(logDensity: UnnormalizedLogDensity, gradient: "path" | "full"): Loss<VariationalFamily> {
  return (q, { size }, key) => {
    const [x, logQ] = q.sampleAndLogProb(key, [size]);
    const loss = tf.mean(tf.sub(logQ, logDensity(x)));
    if (gradient === "full") return loss;
    const score = tf.mean(q.logProb(stopGradient(x)));
    return tf.add(tf.sub(loss, score), stopGradient(score));
  };
}

/** `Σ w (log p̃(x) − log q(x))` over draws of q that are held fixed, with weights `w ∝ p̃(x)/q(x)` that sum to 1. */
function forwardKl(logDensity: UnnormalizedLogDensity): Loss<VariationalFamily> {
  return (q, { size }, key) => {
    const x = stopGradient(q.sample(key, [size]));
    const logQ = q.logProb(x);
    const logP = stopGradient(logDensity(x));
    const logWeights = stopGradient(tf.sub(logP, logQ));
    const weights = tf.exp(tf.sub(logWeights, logSumExp(logWeights, -1)));
    return tf.sum(tf.mul(weights, tf.sub(logP, logQ)));
  };
}

/** `−log(mean of (p̃(x)/q(x))^(1−α))/(1−α)` over draws of q: the negative bound of Rényi. */
function renyi(logDensity: UnnormalizedLogDensity, alpha: number): Loss<VariationalFamily> {
  return (q, { size }, key) => {
    const [x, logQ] = q.sampleAndLogProb(key, [size]);
    const powers = tf.mul(tf.sub(logDensity(x), logQ), 1 - alpha);
    return tf.div(tf.sub(Math.log(size), logSumExp(powers, -1)), 1 - alpha);
  };
}
