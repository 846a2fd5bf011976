import { type Codec, type Conditioner, type Key, type Parameter, ShapeError } from "@pushforward/core";
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
import { tanhRoot, tanhSlope } from "./tanh-root.ts";

/** `softplus(x + log(e − 1)) − 1`: from all numbers to numbers above −1, with 0 at 0. */
export function aboveMinusOne(x: tf.Tensor): tf.Tensor {
  return tf.sub(softplus(tf.add(x, Math.log(Math.expm1(1)))), 1);
}

/**
 * Vectors plus the outputs of a network of the context: amortized parameters, as in Rezende and Mohamed 2015, arXiv:1505.05770.
 * Unchanged without a network.
 *
 * @param vectors each `[size]`.
 * @param conditioner from the context to the sum of the sizes.
 * @param context `[...batch, conditioner.inputSize]`.
 * @returns each `[size]`, or with a network `[...batch, size]`.
 */
export function shiftedVectors(
  vectors: readonly tf.Tensor[],
  conditioner: Conditioner | undefined,
  context: tf.Tensor | undefined,
): readonly tf.Tensor[] {
  if (conditioner === undefined || context === undefined) return vectors;
  const sizes = vectors.map(({ size }) => size);
  const rows = conditioner.apply(tf.reshape(context, [-1, conditioner.inputSize]));
  const shifts = tf.reshape(rows, [...context.shape.slice(0, -1), conditioner.outputSize]);
  return tf.split(shifts, sizes, -1).map((shift, i) => tf.add(shift, vectors[i] as tf.Tensor));
}

/**
 * The width of the context of a network that shifts vectors, checked; 0 without one.
 *
 * @throws {ShapeError} the output size is wrong, or the network needs a context.
 */
export function shiftContext(where: string, conditioner: Conditioner | undefined, outputs: number): number {
  if (conditioner === undefined) return 0;
  const { inputSize, outputSize, contextSize } = conditioner;
  if (outputSize === outputs && contextSize === 0) return inputSize;
  throw new ShapeError(
    `${where}: expected a conditioner with outputSize ${outputs} and no context of its own, ` +
      `got outputSize ${outputSize} and context size ${contextSize}.`,
  );
}

/** Options of {@link Planar}. */
export interface PlanarOptions {
  readonly features: number;
  /** Draws the start of the direction w; without one all of its entries are the same. */
  readonly key?: Key;
  /**
   * A network of the context (`inputSize` is the width of the context) with `2 · features + 1` outputs, added to the learned
   * parameters. Absent for no context.
   */
  readonly conditioner?: Conditioner;
}

/**
 * A planar map, which moves points along one direction depending on the position along a second one: `y = x + u
 * tanh(a)`, `a = wᵀx + b`, `log|det| = log(1 + wᵀu (1 − tanh² a))`.
 *
 * It is invertible because u is `û + (m(wᵀû) − wᵀû) w / |w|²` with `m(t) = softplus(t + log(e − 1)) − 1 > −1` and the
 * parameter û. The inverse solves a scalar equation, `a + wᵀu tanh a = wᵀy + b`, in its bracket. The parameters are
 * `direction` (w, initial length 1), `offset` (û, initially 0, the identity) and `bias` (b), or these plus the outputs
 * of a network of the context, in this order.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} wrong event shape of a value, or wrong output size of a conditioner.
 * @throws {ContextError} wrong width of the context, or missing context.
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

/** Parameters of a planar map. */
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

/** Options of {@link Radial}. */
export interface RadialOptions {
  readonly features: number;
  /** Draws the start of the center; without one it is the origin. */
  readonly key?: Key;
  /**
   * A network of the context (`inputSize` is the width of the context) with `features + 2` outputs, added to the learned
   * parameters. Absent for no context.
   */
  readonly conditioner?: Conditioner;
}

/**
 * A radial map, which contracts or expands space around a center c: `y = x + β h (x − c)`, `h = 1 / (α + r)`, `r = |x − c|`,
 * `log|det| = (n − 1) log(1 + β h) + log(1 + α β h²)`.
 *
 * `α = softplus(rawAlpha) + 1e-3` is positive and `β = α (softplus(rawBeta + log(e − 1)) − 1)` above −α, so the map is
 * invertible. The inverse has a closed form: the distance `r` solves the quadratic equation `r + β r / (α + r) = |y − c|`.
 * Zeros of `rawBeta` are the identity. The parameters are `center`, `rawAlpha` and `rawBeta`, or these plus the outputs of a
 * network of the context, in this order.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} wrong event shape of a value, or wrong output size of a conditioner.
 * @throws {ContextError} wrong width of the context, or missing context.
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

/** Parameters of a radial map; α and β have a last axis of 1. */
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
