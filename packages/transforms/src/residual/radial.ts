import type { Codec, Conditioner, Key, Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  field,
  isConditioner,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { log1p, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { aboveMinusOne } from "./above-minus-one.ts";
import { shiftContext, shiftedVectors } from "./shifted-vectors.ts";

/** Options of {@link Radial}. */
export interface RadialOptions {
  readonly features: number;
  /** Draws the start of the center; without one it is the origin. */
  readonly key?: Key;
  /**
   * A network from the context (its `inputSize` is the width of the context) to as many numbers as there are parameters, `features + 2`: they
   * are added to those that are learned. Absent: there is no context.
   */
  readonly conditioner?: Conditioner;
}

/**
 * A radial map, which pulls points towards a center c or pushes them away:
 * `y = x + β h (x − c)`, `h = 1 / (α + r)`, `r = |x − c|`,
 * `log|det| = (n − 1) log(1 + β h) + log(1 + α β h²)`.
 *
 * `α = softplus(rawAlpha) + 1e-3` is positive and `β = α (softplus(rawBeta + log(e − 1)) − 1)` above −α, so that it is invertible. The
 * inverse has a closed form: the distance `r` solves the quadratic equation `r + β r / (α + r) = |y − c|`. Zeros of `rawBeta` give the
 * identity. The parameters are `center`, `rawAlpha` and `rawBeta`, or these with what a network makes of the context added, in this order.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape, or a conditioner with another count of outputs.
 * @throws {ContextError} a context of another width, or none where one is expected.
 * @see Rezende and Mohamed 2015, Variational Inference with Normalizing Flows, https://arxiv.org/abs/1505.05770
 * @example
 * const pull = new Radial({ features: 2 });
 */
export class Radial extends AbstractBijection {
  readonly features: number;
  readonly conditioner?: Conditioner;
  private readonly center: Parameter;
  private readonly rawAlpha: Parameter;
  private readonly rawBeta: Parameter;

  constructor(options: RadialOptions) {
    checkOptions("Radial", options, { features: true, key: true, conditioner: true });
    const { features, key, conditioner } = options;
    const n = checkFeatures("Radial", features);
    super("Radial", [n], shiftContext("Radial", conditioner, n + 2));
    this.features = n;
    if (conditioner !== undefined) this.conditioner = conditioner;
    this.center = parameter([n], key && (() => key.normal(n)));
    this.rawAlpha = parameter([1]);
    this.rawBeta = parameter([1]);
  }

  protected forwardMap(x: tf.Tensor, context?: tf.Tensor): MapResult {
    const { center, alpha, beta } = this.numbers(context);
    const offset = tf.sub(x, center);
    const h = tf.reciprocal(tf.add(alpha, norm(offset)));
    return [tf.add(x, tf.mul(tf.mul(beta, h), offset)), this.logDet(alpha, beta, h)];
  }

  protected inverseMap(y: tf.Tensor, context?: tf.Tensor): MapResult {
    const { center, alpha, beta } = this.numbers(context);
    const offset = tf.sub(y, center);
    const far = norm(offset);
    const half = tf.div(tf.sub(far, tf.add(alpha, beta)), 2);
    const root = tf.sqrt(tf.add(tf.square(half), tf.mul(alpha, far)));
    // The positive root; where its terms cancel, by the other one, which has the product −α |y − c| with it.
    const safe = tf.maximum(tf.sub(root, half), TINY);
    const r = tf.where(tf.greater(half, 0), tf.add(half, root), tf.div(tf.mul(alpha, far), safe));
    const h = tf.reciprocal(tf.add(alpha, r));
    const x = tf.add(center, tf.div(offset, tf.add(1, tf.mul(beta, h))));
    return [x, tf.neg(this.logDet(alpha, beta, h))];
  }

  private numbers(context: tf.Tensor | undefined): Numbers {
    const learned = [this.center.variable, this.rawAlpha.variable, this.rawBeta.variable];
    const shifted = shiftedVectors(learned, this.conditioner, context);
    const [center, rawAlpha, rawBeta] = shifted as [tf.Tensor, tf.Tensor, tf.Tensor];
    const alpha = tf.add(softplus(rawAlpha), LEAST_ALPHA);
    return { center, alpha, beta: tf.mul(alpha, aboveMinusOne(rawBeta)) };
  }

  private logDet(alpha: tf.Tensor, beta: tf.Tensor, h: tf.Tensor): tf.Tensor {
    const around = tf.mul(log1p(tf.mul(beta, h)), this.features - 1);
    const outward = log1p(tf.mul(tf.mul(alpha, beta), tf.square(h)));
    return tf.squeeze(tf.add(around, outward), [-1]);
  }
}

/** What a radial map is made of; α and β have a last axis of 1. */
interface Numbers {
  readonly center: tf.Tensor;
  readonly alpha: tf.Tensor;
  readonly beta: tf.Tensor;
}

/** Codec of {@link Radial}. */
export const radialCodec: Codec<Radial> = classCodec("pushforward/radial", Radial, {
  features: field.count(),
  conditioner: field.maybe(field.object(isConditioner, "a conditioner")),
});

const LEAST_ALPHA = 1e-3;
const TINY = 1e-30;

/** `|x|`, `[..., 1]`, with a gradient of 0 at 0. */
function norm(x: tf.Tensor): tf.Tensor {
  const square = tf.sum(tf.square(x), -1, true);
  return tf.sqrt(tf.maximum(square, TINY));
}
