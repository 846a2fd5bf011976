import {
  AbstractBijection,
  type Codec,
  classCodec,
  field,
  type Key,
  type MapResult,
  type Parameter,
  parameter,
} from "@pushforward/core";
import { log1p, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { aboveMinusOne } from "./above-minus-one.ts";

/** Options of {@link Radial}. */
export interface RadialOptions {
  readonly features: number;
  /** Draws the start of the center; without one it is the origin. */
  readonly key?: Key;
}

/**
 * A radial map, which pulls points towards a center c or pushes them away:
 * `y = x + β h (x − c)`, `h = 1 / (α + r)`, `r = |x − c|`,
 * `log|det| = (n − 1) log(1 + β h) + log(1 + α β h²)`.
 *
 * `α = softplus(rawAlpha) + 1e-3` is positive and `β = α (softplus(rawBeta + log(e − 1)) − 1)` above −α, so that it is invertible. The
 * inverse has a closed form: the distance `r` solves the quadratic equation `r + β r / (α + r) = |y − c|`. Zeros of `rawBeta` give the
 * identity.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Rezende and Mohamed 2015, Variational Inference with Normalizing Flows, https://arxiv.org/abs/1505.05770
 * @example
 * const pull = new Radial({ features: 2 });
 */
export class Radial extends AbstractBijection {
  readonly features: number;
  private readonly center: Parameter;
  private readonly rawAlpha: Parameter;
  private readonly rawBeta: Parameter;

  constructor({ features, key }: RadialOptions) {
    const n = checkFeatures("Radial", features);
    super("Radial", [n]);
    this.features = n;
    this.center = parameter([n], key && (() => key.normal(n)));
    this.rawAlpha = parameter([1]);
    this.rawBeta = parameter([1]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const { alpha, beta } = this.numbers();
    const offset = tf.sub(x, this.center.variable);
    const h = tf.reciprocal(tf.add(alpha, norm(offset)));
    return [tf.add(x, tf.mul(tf.mul(beta, h), offset)), this.logDet(alpha, beta, h)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const { alpha, beta } = this.numbers();
    const offset = tf.sub(y, this.center.variable);
    const far = norm(offset);
    const half = tf.div(tf.sub(far, tf.add(alpha, beta)), 2);
    const root = tf.sqrt(tf.add(tf.square(half), tf.mul(alpha, far)));
    // The positive root; where its terms cancel, by the other one, which has the product −α |y − c| with it.
    const safe = tf.maximum(tf.sub(root, half), TINY);
    const r = tf.where(tf.greater(half, 0), tf.add(half, root), tf.div(tf.mul(alpha, far), safe));
    const h = tf.reciprocal(tf.add(alpha, r));
    const x = tf.add(this.center.variable, tf.div(offset, tf.add(1, tf.mul(beta, h))));
    return [x, tf.neg(this.logDet(alpha, beta, h))];
  }

  private numbers(): { readonly alpha: tf.Tensor; readonly beta: tf.Tensor } {
    const alpha = tf.add(softplus(this.rawAlpha.variable), LEAST_ALPHA);
    return { alpha, beta: tf.mul(alpha, aboveMinusOne(this.rawBeta.variable)) };
  }

  private logDet(alpha: tf.Tensor, beta: tf.Tensor, h: tf.Tensor): tf.Tensor {
    const around = tf.mul(log1p(tf.mul(beta, h)), this.features - 1);
    const outward = log1p(tf.mul(tf.mul(alpha, beta), tf.square(h)));
    return tf.squeeze(tf.add(around, outward), [-1]);
  }
}

/** Codec of {@link Radial}. */
export const radialCodec: Codec<Radial> = classCodec("pushforward/radial", Radial, { features: field.count() });

const LEAST_ALPHA = 1e-3;
const TINY = 1e-30;

/** `|x|`, `[..., 1]`, with a gradient of 0 at 0. */
function norm(x: tf.Tensor): tf.Tensor {
  const square = tf.sum(tf.square(x), -1, true);
  return tf.sqrt(tf.maximum(square, TINY));
}
