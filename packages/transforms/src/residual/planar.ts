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
import { log1p } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { aboveMinusOne } from "./above-minus-one.ts";
import { tanhRoot, tanhSlope } from "./tanh-root.ts";

/** Options of {@link Planar}. */
export interface PlanarOptions {
  readonly features: number;
  /** Draws the start of the direction w; without one all of its entries are the same. */
  readonly key?: Key;
}

/**
 * A planar map, which moves points along one direction depending on where they are along another:
 * `y = x + u tanh(a)`, `a = wᵀx + b`, `log|det| = log(1 + wᵀu (1 − tanh² a))`.
 *
 * It is invertible because u is `û + (m(wᵀû) − wᵀû) w / |w|²` with `m(t) = softplus(t + log(e − 1)) − 1 > −1` of the parameter û.
 * The inverse solves one equation of one variable, `a + wᵀu tanh a = wᵀy + b`, in its bracket. The parameters are `direction` (w,
 * with a length of 1 at the start), `offset` (û, 0 at the start, which is the identity) and `bias` (b).
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Rezende and Mohamed 2015, Variational Inference with Normalizing Flows, https://arxiv.org/abs/1505.05770
 * @example
 * const bend = new Planar({ features: 2, key: createKey(0) });
 */
export class Planar extends AbstractBijection {
  override readonly inverseKind = "iterative";
  readonly features: number;
  private readonly direction: Parameter;
  private readonly offset: Parameter;
  private readonly bias: Parameter;

  constructor({ features, key }: PlanarOptions) {
    const n = checkFeatures("Planar", features);
    super("Planar", [n]);
    this.features = n;
    this.direction = parameter([n], () => startDirection(n, key));
    this.offset = parameter([n]);
    this.bias = parameter([1]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const { w, u, s } = this.vectors();
    const a = tf.add(dot(x, w), this.bias.variable);
    return [tf.add(x, tf.mul(tf.tanh(a), u)), logSlope(s, a)];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const { w, u, s } = this.vectors();
    const a = tanhRoot(tf.add(dot(y, w), this.bias.variable), s);
    return [tf.sub(y, tf.mul(tf.tanh(a), u)), tf.neg(logSlope(s, a))];
  }

  /** w, u and `wᵀu`, the last one `[1]`. */
  private vectors(): { readonly w: tf.Tensor; readonly u: tf.Tensor; readonly s: tf.Tensor } {
    const w = this.direction.variable;
    const along = tf.sum(tf.mul(w, this.offset.variable), -1, true);
    const length = tf.maximum(tf.sum(tf.square(w), -1, true), LEAST_SQUARE);
    const u = tf.add(this.offset.variable, tf.mul(w, tf.div(tf.sub(aboveMinusOne(along), along), length)));
    return { w, u, s: tf.sum(tf.mul(w, u), -1, true) };
  }
}

/** Codec of {@link Planar}. */
export const planarCodec: Codec<Planar> = classCodec("pushforward/planar", Planar, { features: field.count() });

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
