import type { Bijection, Codec } from "@pushforward/core";
import { AbstractElementwise, classCodec, currentTrace, type LoopBody, type MapResult } from "@pushforward/core/extend";
import {
  logNormalCdf as hostLogNormalCdf,
  normalCdf as hostNormalCdf,
  millsRatio,
  normalQuantileOfLog,
} from "@pushforward/core/plain";
import { type ChebyshevSeries, iterate, log1p, millsSeries } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { logProbabilities, outsideUnit } from "./kumaraswamy.ts";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** `log φ(x) = −½x² − ½ log 2π`. */
export function logNormalDensity(x: tf.Tensor): tf.Tensor {
  return tf.sub(tf.mul(tf.square(x), -0.5), HALF_LOG_TWO_PI);
}

/**
 * A function of single numbers computed in float64, and its derivative from x and its value y.
 *
 * @param traced the same function by tensor operations, for where these are written down.
 */
function onHost(
  x: tf.Tensor,
  f: (x: number) => number,
  slope: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
  traced: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  if (currentTrace() !== undefined) return traced(x);
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const from = input as tf.Tensor;
      const value = tf.tensor(Float32Array.from(from.dataSync(), f), from.shape);
      (save as tf.GradSaveFunc)([from, value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const [at, y] = saved as [tf.Tensor, tf.Tensor];
          return tf.mul(dy, slope(at, y));
        },
      };
    });
    return op(x);
  });
}

// The functions of the normal distribution by tensor operations alone, in float32, for where these are written down.

/** Terms that give Mills' ratio to 1e-8. */
const TERMS = 12;
/** Maximum number of passes of the quantile, which typically takes about six. */
const MOST = 30;
const TOLERANCE = 1e-6;

/** log Φ. */
function tracedLogCdf(z: tf.Tensor): tf.Tensor {
  const mills = millsRatioOf(tf.abs(z));
  const logDensity = logNormalDensity(z);
  const below = tf.add(logDensity, tf.log(mills));
  return tf.where(tf.less(z, 0), below, log1p(tf.neg(tf.mul(tf.exp(logDensity), mills))));
}

/** φ/Φ. */
function tracedHazard(z: tf.Tensor): tf.Tensor {
  const below = tf.div(1, millsRatioOf(tf.abs(z)));
  return tf.where(tf.less(z, 0), below, tf.exp(tf.sub(logNormalDensity(z), tracedLogCdf(z))));
}

/** x ≤ 0 with `log Φ(x) = l`, by Newton's method as on the host. */
function tracedQuantile(l: tf.Tensor): tf.Tensor {
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

/** The distribution function Φ of the standard normal, elementwise, in float64; small values keep their digits. */
function normalCdf(x: tf.Tensor): tf.Tensor {
  return onHost(
    x,
    hostNormalCdf,
    (z) => tf.exp(logNormalDensity(z)),
    (z) => tf.exp(tracedLogCdf(z)),
  );
}

/** log Φ, elementwise, in float64, also in the lower tail. */
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

/**
 * The distribution function of the standard normal, ℝ → (0, 1): `y = Φ(x)`, `log|dy/dx| = −½x² − ½ log 2π`, elementwise.
 * The probit is `invert(new NormalCdf())`. It maps a standard normal to a uniform, and is computed in float64.
 *
 * The inverse takes 0 and 1 for numbers just inside, 2⁻¹²⁶ and 1 − 2⁻²⁵; the log-det outside is −∞.
 *
 * Shapes: any, with an event rank of 0: the log-det has the shape of x.
 *
 * @example
 * new NormalCdf().forward(tf.tensor1d([0, 1.96])); // → [0.5, 0.975]
 */
export class NormalCdf extends AbstractElementwise {
  constructor() {
    super("NormalCdf");
  }

  /** The interval (0, 1), which is the image of this map. */
  get support(): Bijection {
    return this;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [normalCdf(x), logNormalDensity(x)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const x = normalQuantile(...logProbabilities(y));
    return [x, outsideUnit(y, tf.neg(logNormalDensity(x)))];
  }
}

/** Codec of {@link NormalCdf}. */
export const normalCdfCodec: Codec<NormalCdf> = classCodec("pushforward/normal-cdf", NormalCdf, {});
