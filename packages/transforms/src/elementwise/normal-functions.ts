import {
  logNormalCdf as hostLogNormalCdf,
  normalCdf as hostNormalCdf,
  millsRatio,
  normalQuantileOfLog,
} from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { logNormalDensity } from "./log-normal-density.ts";
import { onHost } from "./on-host.ts";
import { tracedHazard, tracedLogCdf, tracedQuantile } from "./traced-normal-functions.ts";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** The distribution function Φ of the standard normal, elementwise, in float64; small values keep their digits. */
export function normalCdf(x: tf.Tensor): tf.Tensor {
  return onHost(
    x,
    hostNormalCdf,
    (z) => tf.exp(logNormalDensity(z)),
    (z) => tf.exp(tracedLogCdf(z)),
  );
}

/** log Φ, elementwise, in float64: far below 0 too. */
export function logNormalCdf(x: tf.Tensor): tf.Tensor {
  return onHost(x, hostLogNormalCdf, hazard, tracedLogCdf);
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
  return onHost(tf.minimum(l, -Math.LN2), normalQuantileOfLog, (_, x) => tf.div(1, hazard(x)), tracedQuantile);
}

/** φ/Φ, the derivative of log Φ. */
function hazard(x: tf.Tensor): tf.Tensor {
  return onHost(x, hazardOf, (z, h) => tf.neg(tf.mul(h, tf.add(z, h))), tracedHazard);
}

function hazardOf(z: number): number {
  return z < 0 ? 1 / millsRatio(-z) : Math.exp(-0.5 * z * z - HALF_LOG_TWO_PI - hostLogNormalCdf(z));
}
