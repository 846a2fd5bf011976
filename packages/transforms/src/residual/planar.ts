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
import { log1p } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { aboveMinusOne } from "./above-minus-one.ts";
import { shiftContext, shiftedVectors } from "./shifted-vectors.ts";
import { tanhRoot, tanhSlope } from "./tanh-root.ts";

/** Options of {@link Planar}. */
export interface PlanarOptions {
  readonly features: number;
  /** Draws the start of the direction w; without one all of its entries are the same. */
  readonly key?: Key;
  /**
   * A network from the context (its `inputSize` is the width of the context) to as many numbers as there are parameters, `2 · features + 1`: they
   * are added to those that are learned. Absent: there is no context.
   */
  readonly conditioner?: Conditioner;
}

/**
 * A planar map, which moves points along one direction depending on where they are along another:
 * `y = x + u tanh(a)`, `a = wᵀx + b`, `log|det| = log(1 + wᵀu (1 − tanh² a))`.
 *
 * It is invertible because u is `û + (m(wᵀû) − wᵀû) w / |w|²` with `m(t) = softplus(t + log(e − 1)) − 1 > −1` of the parameter û.
 * The inverse solves one equation of one variable, `a + wᵀu tanh a = wᵀy + b`, in its bracket. The parameters are `direction` (w,
 * with a length of 1 at the start), `offset` (û, 0 at the start, which is the identity) and `bias` (b), or these with what a network makes
 * of the context added, in this order.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape, or a conditioner with another count of outputs.
 * @throws {ContextError} a context of another width, or none where one is expected.
 * @see Rezende and Mohamed 2015, Variational Inference with Normalizing Flows, https://arxiv.org/abs/1505.05770
 * @example
 * const bend = new Planar({ features: 2, key: createKey(0) });
 */
export class Planar extends AbstractBijection {
  override readonly inverseKind = "iterative";
  readonly features: number;
  readonly conditioner?: Conditioner;
  private readonly direction: Parameter;
  private readonly offset: Parameter;
  private readonly bias: Parameter;

  constructor(options: PlanarOptions) {
    checkOptions("Planar", options, { features: true, key: true, conditioner: true });
    const { features, key, conditioner } = options;
    const n = checkFeatures("Planar", features);
    super("Planar", [n], shiftContext("Planar", conditioner, 2 * n + 1));
    this.features = n;
    if (conditioner !== undefined) this.conditioner = conditioner;
    this.direction = parameter([n], () => startDirection(n, key));
    this.offset = parameter([n]);
    this.bias = parameter([1]);
  }

  protected forwardMap(x: tf.Tensor, context?: tf.Tensor): MapResult {
    const { w, u, s, bias } = this.vectors(context);
    const a = tf.add(dot(x, w), bias);
    return [tf.add(x, tf.mul(tf.tanh(a), u)), logSlope(s, a)];
  }

  protected inverseMap(y: tf.Tensor, context?: tf.Tensor): MapResult {
    const { w, u, s, bias } = this.vectors(context);
    const a = tanhRoot(tf.add(dot(y, w), bias), s);
    return [tf.sub(y, tf.mul(tf.tanh(a), u)), tf.neg(logSlope(s, a))];
  }

  /** w, u, and `wᵀu` and b, which have a last axis of 1. */
  private vectors(context: tf.Tensor | undefined): Vectors {
    const learned = [this.direction.variable, this.offset.variable, this.bias.variable];
    const [w, offset, bias] = shiftedVectors(learned, this.conditioner, context) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const along = tf.sum(tf.mul(w, offset), -1, true);
    const length = tf.maximum(tf.sum(tf.square(w), -1, true), LEAST_SQUARE);
    const u = tf.add(offset, tf.mul(w, tf.div(tf.sub(aboveMinusOne(along), along), length)));
    return { w, u, s: tf.sum(tf.mul(w, u), -1, true), bias };
  }
}

/** What a planar map is made of. */
interface Vectors {
  readonly w: tf.Tensor;
  readonly u: tf.Tensor;
  readonly s: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** Codec of {@link Planar}. */
export const planarCodec: Codec<Planar> = classCodec("pushforward/planar", Planar, {
  features: field.count(),
  conditioner: field.maybe(field.object(isConditioner, "a conditioner")),
});

const LEAST_SQUARE = 1e-12;

/** `[..., n] → [..., 1]`. */
function dot(x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(x, w), -1, true);
}

/** `log(1 + s (1 − tanh² a))`, without the last axis. */
function logSlope(s: tf.Tensor, a: tf.Tensor): tf.Tensor {
  return tf.squeeze(log1p(tf.mul(s, tanhSlope(a))), [-1]);
}

function startDirection(n: number, key: Key | undefined): Float32Array {
  const values = key?.normal(n) ?? new Float32Array(n).fill(1);
  const length = Math.hypot(...values) || 1;
  return values.map((value) => value / length);
}
