// The functions of the normal distribution by tensor operations alone, in float32, for where these are written down.
import type { LoopBody } from "@pushforward/core/extend";
import { type ChebyshevSeries, iterate, log1p, millsSeries } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { logNormalDensity } from "./log-normal-density.ts";

/** Terms that give Mills' ratio to 1e-8. */
const TERMS = 12;
/** Most passes of the quantile, of which it takes about six. */
const MOST = 30;
const TOLERANCE = 1e-6;

/** log Φ. */
export function tracedLogCdf(z: tf.Tensor): tf.Tensor {
  const mills = millsRatioOf(tf.abs(z));
  const logDensity = logNormalDensity(z);
  const below = tf.add(logDensity, tf.log(mills));
  return tf.where(tf.less(z, 0), below, log1p(tf.neg(tf.mul(tf.exp(logDensity), mills))));
}

/** φ/Φ. */
export function tracedHazard(z: tf.Tensor): tf.Tensor {
  const below = tf.div(1, millsRatioOf(tf.abs(z)));
  return tf.where(tf.less(z, 0), below, tf.exp(tf.sub(logNormalDensity(z), tracedLogCdf(z))));
}

/** x ≤ 0 with `log Φ(x) = l`, by Newton's method as on the host. */
export function tracedQuantile(l: tf.Tensor): tf.Tensor {
  const body: LoopBody = (state) => {
    const [x] = state as [tf.Tensor];
    const step = tf.div(tf.sub(tracedLogCdf(x), l), tracedHazard(x));
    const isMoving = tf.greater(tf.abs(step), tf.mul(tf.maximum(tf.neg(x), 1), TOLERANCE));
    return { state: [tf.where(isMoving, tf.sub(x, step), x)], goesOn: isMoving };
  };
  return iterate([tf.neg(tf.sqrt(tf.mul(l, -2)))], body, MOST)[0] as tf.Tensor;
}

let series: ChebyshevSeries | undefined;

/** `(1 − Φ(x))/φ(x)` for x ≥ 0. */
function millsRatioOf(x: tf.Tensor): tf.Tensor {
  series ??= millsSeries(TERMS);
  const { center, coefficients } = series;
  const t = tf.sub(1, tf.div(2 * center, tf.add(x, center)));
  // Clenshaw's recurrence.
  let [next, afterNext]: [tf.Tensor, tf.Tensor] = [tf.zerosLike(t), tf.zerosLike(t)];
  for (const coefficient of coefficients.slice(1).reverse()) {
    [next, afterNext] = [tf.add(tf.sub(tf.mul(tf.mul(t, 2), next), afterNext), coefficient), next];
  }
  const scaled = tf.add(tf.sub(tf.mul(t, next), afterNext), coefficients[0] as number);
  return tf.div(scaled, tf.add(x, 1));
}
