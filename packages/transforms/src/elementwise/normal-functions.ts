import { millsRatio } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { logNormalDensity } from "./log-normal-density.ts";
import { onHost } from "./on-host.ts";
import { tracedHazard, tracedLogCdf, tracedQuantile } from "./traced-normal-functions.ts";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Iterations of the quantile, of which it takes about six. */
const MOST = 50;

/** The distribution function Φ of the standard normal, elementwise, in float64; small values keep their digits. */
export function normalCdf(x: tf.Tensor): tf.Tensor {
  return onHost(
    x,
    (z) => Math.exp(logCdf(z)),
    (z) => tf.exp(logNormalDensity(z)),
    (z) => tf.exp(tracedLogCdf(z)),
  );
}

/** log Φ, elementwise, in float64: far below 0 too. */
export function logNormalCdf(x: tf.Tensor): tf.Tensor {
  return onHost(x, logCdf, hazard, tracedLogCdf);
}

/**
 * The standard normal quantile of a probability p that is given as log p and log(1 − p), elementwise: accurate in both
 * tails, because the smaller of the two counts.
 */
export function normalQuantile(logP: tf.Tensor, logRest: tf.Tensor): tf.Tensor {
  return tf.where(tf.less(logP, logRest), lowerQuantile(logP), tf.neg(lowerQuantile(logRest)));
}

/** x ≤ 0 with `log Φ(x) = min(l, log ½)`. */
function lowerQuantile(l: tf.Tensor): tf.Tensor {
  return onHost(tf.minimum(l, -Math.LN2), quantileOfLog, (_, x) => tf.div(1, hazard(x)), tracedQuantile);
}

/** φ/Φ, the derivative of log Φ. */
function hazard(x: tf.Tensor): tf.Tensor {
  return onHost(x, hazardOf, (z, h) => tf.neg(tf.mul(h, tf.add(z, h))), tracedHazard);
}

function logDensity(z: number): number {
  return -0.5 * z * z - HALF_LOG_TWO_PI;
}

function logCdf(z: number): number {
  if (z < 0) return logDensity(z) + Math.log(millsRatio(-z));
  const density = Math.exp(logDensity(z));
  return density === 0 ? 0 : Math.log1p(-density * millsRatio(z));
}

function hazardOf(z: number): number {
  return z < 0 ? 1 / millsRatio(-z) : Math.exp(logDensity(z) - logCdf(z));
}

// log Φ is concave: from below the root, Newton's steps go up to it and not beyond.
function quantileOfLog(l: number): number {
  if (l === Number.NEGATIVE_INFINITY) return l;
  let x = -Math.sqrt(-2 * l);
  for (let i = 0; i < MOST; i++) {
    const step = (logCdf(x) - l) / hazardOf(x);
    x -= step;
    if (!(Math.abs(step) > 1e-12 * Math.max(1, -x))) break;
  }
  return x;
}
