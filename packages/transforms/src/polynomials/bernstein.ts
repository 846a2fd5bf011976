import { type Bijection, type BijectionFamily, type Codec, OptionError, type ValueAndLogDet } from "@pushforward/core";
import { checkOptions, classCodec, describeValue, field } from "@pushforward/core/extend";
import type { SplineTails } from "@pushforward/core/plain";
import { clip, matMul, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { BoundBijection, withNumbers } from "../families/bound-bijection.ts";
import { monotoneInverse } from "../roots.ts";
import { columns, identityTails, linearTails } from "../splines/piecewise-splines.ts";

/** Options of {@link bernstein}. */
export interface BernsteinOptions {
  /** Degree M of the polynomial, 6 to 128. Default: 16. */
  readonly degree?: number;
  /** The polynomial acts on [−bound, bound]. Default: 5. */
  readonly bound?: number;
  /**
   * Outside it is the identity, or linear with the slope that it has at ±bound, which is learned. Default: `"identity"`.
   */
  readonly tails?: SplineTails;
  /**
   * Minimum increment of the coefficients, as a share of the increment of the identity, from 0 to 1/2. Default: 1e-3.
   */
  readonly least?: number;
}

const DEGREE = 16;
/** One more is the smallest that leaves two increments to choose between, with the identity as tails. */
const LEAST_DEGREE = 6;
const MOST_DEGREE = 128;
const BOUND = 5;
const MOST_BOUND = 1e6;
const LEAST = 1e-3;
/** So near to ±bound, relative to the interval, the polynomial is its tangent. */
const NEAR = 1e-6;
const TAILS: readonly SplineTails[] = ["identity", "linear"];

/**
 * The family of Bernstein polynomials with increasing coefficients: for `t = (x + B)/2B` from 0 to 1,
 *
 *     y = Σⱼ θⱼ C(M, j) tʲ (1 − t)ᴹ⁻ʲ,   dy/dx = M/2B Σⱼ (θⱼ₊₁ − θⱼ) C(M−1, j) tʲ (1 − t)ᴹ⁻¹⁻ʲ
 *
 * - with `tails: "identity"`, `M − 4` parameters u: θ runs from −B to B. Its first two and last two increments are 2B/M
 * as for the identity, with two continuous derivatives, and the remaining ones are `least + (1 − least)·(M −
 * 4)·softmax(u)` of 2B/M;
 * - with `tails: "linear"`, `M + 1` parameters, a shift of all coefficients and M increments, `least + softplus(u + c)`
 * of 2B/M:
 *   outside, the map continues in straight lines. Location, scale and tails are thus learned, and every real number is
 * reached.
 *
 * Zero parameters are the identity. The inverse is found by Newton's method in a bracket, to 1e-6 relative to max(1,
 * |x|), its gradients by the implicit function.
 *
 * @see Sick et al. 2020, Deep transformation models, https://arxiv.org/abs/2004.00464; Ramasinghe et al. 2022, Robust
 * normalizing flows using Bernstein-type polynomials, https://arxiv.org/abs/2102.03509
 */
export class BernsteinFamily implements BijectionFamily {
  readonly type = "pushforward/bernstein";
  readonly inverseKind = "iterative";
  readonly parameterCount: number;
  readonly degree: number;
  readonly bound: number;
  readonly tails: SplineTails;
  readonly least: number;

  constructor(options: BernsteinOptions = {}) {
    checkOptions("bernstein", options, { degree: true, bound: true, tails: true, least: true });
    const { degree = DEGREE, bound = BOUND, tails = "identity", least = LEAST } = options;
    if (!Number.isInteger(degree) || degree < LEAST_DEGREE || degree > MOST_DEGREE) {
      throw new OptionError(
        `bernstein: expected degree to be an integer from ${LEAST_DEGREE} to ${MOST_DEGREE}, got ${describeValue(degree)}.`,
      );
    }
    if (!(bound > 0 && bound <= MOST_BOUND)) {
      throw new OptionError(
        `bernstein: expected bound above 0 and at most ${MOST_BOUND}, got ${describeValue(bound)}.`,
      );
    }
    if (!TAILS.includes(tails)) {
      throw new OptionError(`bernstein: expected tails "identity" or "linear", got ${JSON.stringify(tails)}.`);
    }
    this.degree = degree;
    this.bound = bound;
    this.tails = tails;
    this.least = withNumbers("bernstein: expected ", { least }, { least: [LEAST, 0, 0.5] }).least;
    this.parameterCount = tails === "identity" ? degree - 4 : degree + 1;
  }

  /**
   * Returns the map for parameters `[...batch, parameterCount]`, which it borrows. Throws `ShapeError` for a wrong last
   * axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection(
      "bernstein",
      this.parameterCount,
      parameters,
      (value, raw, inverse) => this.map(value, raw, inverse),
      "iterative",
    );
  }

  private map(value: tf.Tensor, raw: tf.Tensor, inverse: boolean): ValueAndLogDet {
    const { bound, tails } = this;
    const polynomial = this.polynomial(raw);
    const inner = bound * (1 - 2 * NEAR);
    const forward = (x: tf.Tensor): ValueAndLogDet =>
      tails === "identity" ? identityTails(x, bound, polynomial) : linearTails(x, [-inner, inner], polynomial);
    if (!inverse) return forward(value);
    const x = monotoneInverse(forward, value);
    return [x, tf.neg(forward(x)[1])];
  }

  /** The polynomial on [−bound, bound], and the logarithm of its slope. */
  private polynomial(raw: tf.Tensor): (x: tf.Tensor) => ValueAndLogDet {
    const { bound, degree, tails } = this;
    const step = (2 * bound) / degree;
    const increments = this.increments(raw);
    // By how much the coefficients differ from those of the identity, so that roundings are as small as the difference.
    const shift = tails === "linear" ? columns(raw, 0, 1) : tf.zeros([...raw.shape.slice(0, -1), 1]);
    const excess = tf.cumsum(tf.concat([shift, tf.mul(tf.sub(increments, 1), step)], -1), raw.rank - 1);
    return (x) => {
      const logOdds = this.logOdds(x);
      const y = tf.add(x, tf.sum(tf.mul(excess, basis(logOdds, degree)), -1));
      return [y, tf.log(tf.sum(tf.mul(increments, basis(logOdds, degree - 1)), -1))];
    };
  }

  /** `[...batch, M]`, all 1 for the identity. */
  private increments(raw: tf.Tensor): tf.Tensor {
    const { degree, tails, least } = this;
    if (tails === "linear") {
      const offset = Math.log(Math.expm1(1 - least));
      return tf.add(softplus(tf.add(columns(raw, 1, degree), offset)), least);
    }
    const ends = tf.ones([...raw.shape.slice(0, -1), 2]);
    return tf.concat([ends, tf.add(tf.mul(tf.softmax(raw), (1 - least) * (degree - 4)), least), ends], -1);
  }

  /** `log(t/(1 − t))`. */
  private logOdds(x: tf.Tensor): tf.Tensor {
    const { bound } = this;
    const share = (of: tf.Tensor): tf.Tensor => clip(tf.div(of, 2 * bound), NEAR, 1);
    return tf.sub(tf.log(share(tf.add(x, bound))), tf.log(share(tf.sub(bound, x))));
  }
}

/** The Bernstein polynomials of a degree, `[...batch, degree + 1]`: positive, with the sum 1. */
function basis(logOdds: tf.Tensor, degree: number): tf.Tensor {
  // The numbers j over the logarithms of the binomial coefficients.
  const table = new Float32Array(2 * (degree + 1));
  let log = 0;
  for (let j = 0; j <= degree; j++) {
    table[j] = j;
    table[degree + 1 + j] = log;
    log += Math.log((degree - j) / (j + 1));
  }
  // As a product of matrices: operations that broadcast are many times slower on the cpu backend.
  const rows = tf.reshape(logOdds, [logOdds.size, 1]);
  const exponents = matMul(tf.concat([rows, tf.onesLike(rows)], 1), tf.tensor2d(table, [2, degree + 1]));
  return tf.softmax(tf.reshape(exponents, [...logOdds.shape, degree + 1]));
}

/**
 * The family of Bernstein polynomials with increasing coefficients.
 *
 * @throws {OptionError} `degree` is not an integer from 6 to 128, `bound` not above 0, `tails` unknown, or `least` not from 0
 * to 1/2.
 * @example
 * bernstein({ degree: 8 }).bind(tf.zeros([1, 4])).forward(tf.tensor1d([2])); // → [2]
 */
export function bernstein(options: BernsteinOptions = {}): BernsteinFamily {
  return new BernsteinFamily(options);
}

/** Codec of {@link BernsteinFamily}. */
export const bernsteinCodec: Codec<BernsteinFamily> = classCodec("pushforward/bernstein", BernsteinFamily, {
  degree: field.count({ min: LEAST_DEGREE, max: MOST_DEGREE }),
  bound: field.number(),
  tails: field.oneOf(...TAILS),
  least: field.number(),
});
