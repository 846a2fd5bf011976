import type { Bijection, BijectionFamily, Codec, ValueAndLogDet } from "@pushforward/core";
import { checkOptions, classCodec, currentTrace, field } from "@pushforward/core/extend";
import { logSumExp, softplus, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { bracketedRoot, tracedRoot } from "../roots.ts";
import { BoundBijection } from "./bound-bijection.ts";

/** Options of `deepSigmoid`. */
export interface DeepSigmoidOptions {
  /** Number K of sigmoids. Default: 8. */
  readonly units?: number;
}

const UNITS = 8;
/** Log-slopes and shifts are softly bounded: a map with widely separated steps has no inverse in float32. */
const MOST_LOG_SLOPE = 2;
const MOST_SHIFT = 5;

/**
 * The family of monotone networks with one hidden layer of sigmoids, 3 K parameters (raw slopes, raw shifts, raw
 * weights):
 *
 *     y = logit(Σₖ wₖ σ(aₖ x + bₖ)),   aₖ = exp(2 tanh(rawₖ/2)),   bₖ = 5 tanh(rawₖ/5),   w = softmax(raw)
 *
 * Zeros produce the identity. Tails are linear. The inverse lies between the smallest and the largest `(y − bₖ)/aₖ`.
 * Newton's method in float64 finds it in this interval; its gradient follows from the implicit function.
 *
 * @see Huang et al. 2018, Neural Autoregressive Flows, https://arxiv.org/abs/1804.00779 (deep sigmoidal flow)
 */
export class DeepSigmoidFamily implements BijectionFamily {
  readonly type = "pushforward/deep-sigmoid";
  readonly inverseKind = "iterative";
  readonly parameterCount: number;
  readonly units: number;

  constructor(options: DeepSigmoidOptions = {}) {
    checkOptions("deepSigmoid", options, { units: true });
    const { units = UNITS } = options;
    this.units = checkFeatures("deepSigmoid", units, "units");
    this.parameterCount = 3 * this.units;
  }

  /**
   * Returns the map with parameters `[...batch, 3 K]`, which it borrows. Throws `ShapeError` for a different last axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection(
      "deepSigmoid",
      this.parameterCount,
      parameters,
      (x, bound, inverse) => this.map(x, bound, inverse),
      "iterative",
    );
  }

  private map(value: tf.Tensor, bound: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const [rawSlopes, rawShifts, rawWeights] = tf.split(bound, 3, -1) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const logSlopes = bounded(rawSlopes, MOST_LOG_SLOPE);
    const shifts = bounded(rawShifts, MOST_SHIFT);
    const logWeights = tf.sub(rawWeights, logSumExp(rawWeights, -1, true));
    const units = { logSlopes, shifts, logWeights };
    if (!inverse) return evaluate(value, units);
    const root =
      currentTrace() === undefined ? rootsOf(value, units, this.units) : tracedRoot((x) => evaluate(x, units), value);
    const [y, logSlope] = evaluate(root, units);
    // A step of Newton's method from the root has the gradient of the implicit function.
    const x = tf.sub(root, tf.mul(tf.sub(y, value), stopGradient(tf.exp(tf.neg(logSlope)))));
    return [x, tf.neg(evaluate(x, units)[1])];
  }
}

/**
 * The family of monotone networks of K sigmoids.
 *
 * @throws {OptionError} `units` is not an integer of at least 1.
 * @example
 * deepSigmoid({ units: 2 }).bind(tf.zeros([1, 6])).forward(tf.tensor1d([2])); // → [2]
 */
export function deepSigmoid(options: DeepSigmoidOptions = {}): DeepSigmoidFamily {
  return new DeepSigmoidFamily(options);
}

/** Codec of {@link DeepSigmoidFamily}. */
export const deepSigmoidCodec: Codec<DeepSigmoidFamily> = classCodec("pushforward/deep-sigmoid", DeepSigmoidFamily, {
  units: field.count(),
});

/** `limit tanh(x/limit)`. */
function bounded(x: tf.Tensor, limit: number): tf.Tensor {
  return tf.mul(tf.tanh(tf.div(x, limit)), limit);
}

/** All `[...batch, K]`. */
interface Units {
  readonly logSlopes: tf.Tensor;
  readonly shifts: tf.Tensor;
  readonly logWeights: tf.Tensor;
}

/** The value and its log-slope, by the logarithms of `p = Σ w σ(c)` and of `1 − p`, which keep their digits in the tails. */
function evaluate(x: tf.Tensor, { logSlopes, shifts, logWeights }: Units): ValueAndLogDet {
  const c = tf.add(tf.mul(tf.expandDims(x, -1), tf.exp(logSlopes)), shifts);
  const [logOf, logNot] = [tf.neg(softplus(tf.neg(c))), tf.neg(softplus(c))];
  const logP = logSumExp(tf.add(logWeights, logOf), -1);
  const logQ = logSumExp(tf.add(logWeights, logNot), -1);
  const logSlope = logSumExp(tf.add(tf.add(logWeights, logSlopes), tf.add(logOf, logNot)), -1);
  return [tf.sub(logP, logQ), tf.sub(tf.sub(logSlope, logP), logQ)];
}

/** The inverse, in float64, without a gradient. */
function rootsOf(y: tf.Tensor, { logSlopes, shifts, logWeights }: Units, count: number): tf.Tensor {
  const goals = y.dataSync();
  const slopes = tf.exp(logSlopes).dataSync();
  const offsets = shifts.dataSync();
  const weights = tf.exp(logWeights).dataSync();
  const roots = Float32Array.from(goals, (goal, i) => {
    if (!Number.isFinite(goal)) return goal;
    const from = i * count;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let k = from; k < from + count; k++) {
      const x = (goal - (offsets[k] as number)) / (slopes[k] as number);
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
    return bracketedRoot(
      (x) => {
        let [p, q, slope] = [0, 0, 0];
        for (let k = from; k < from + count; k++) {
          const c = (slopes[k] as number) * x + (offsets[k] as number);
          const weight = weights[k] as number;
          const [of, not] = [sigmoid(c), sigmoid(-c)];
          p += weight * of;
          q += weight * not;
          slope += weight * (slopes[k] as number) * of * not;
        }
        return [Math.log(p) - Math.log(q) - goal, slope / (p * q)];
      },
      low,
      high,
    );
  });
  return tf.tensor(roots, y.shape);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
