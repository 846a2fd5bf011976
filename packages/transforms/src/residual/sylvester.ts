import { type Codec, type Conditioner, type Key, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  describeValue,
  field,
  isConditioner,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { log1p, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { reflect } from "../linear/orthogonal.ts";
import { aboveMinusOne, shiftContext, shiftedVectors } from "./planar.ts";
import { tanhRoot, tanhSlope } from "./tanh-root.ts";

/** Options of {@link Sylvester}. */
export interface SylvesterOptions {
  readonly features: number;
  /** Number m of directions, at most `features`. Default: the smaller of `features` and 8. */
  readonly directions?: number;
  /** Draws the start of the directions; without one they are the first features. */
  readonly key?: Key;
  /**
   * A network of the context (`inputSize` is the width of the context) with outputs for R, S and b, `2 m² + m`, added to the
   * learned parameters. Q does not depend on the context. Absent for no context.
   */
  readonly conditioner?: Conditioner;
}

const DIRECTIONS = 8;
const LEAST_DIAGONAL = 1e-3;

/**
 * A Sylvester map, a planar map of m directions at once: `y = x + Q S tanh(a)`, `a = R Qᵀ x + b`,
 * `log|det| = Σ log(1 + rᵢᵢ sᵢᵢ (1 − tanh² aᵢ))`.
 *
 * Q `[features, m]` has orthonormal columns, from m Householder reflections. R and S are upper triangular, the diagonal
 * of R is positive, and `rᵢᵢ sᵢᵢ = softplus(raw + log(e − 1)) − 1 > −1`, so that the map is invertible. The inverse
 * solves a scalar equation for each direction, the last one first. S starts at 0, which is the identity.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `directions` is not an integer of at least 1, or `directions` exceeds `features`.
 * @throws {ShapeError} wrong event shape of a value, or wrong output size of a conditioner.
 * @throws {ContextError} wrong width of the context, or missing context.
 * @see van den Berg et al. 2018, Sylvester Normalizing Flows for Variational Inference,
 * https://arxiv.org/abs/1803.05649
 * @example
 * const bend = new Sylvester({ features: 4, directions: 2, key: createKey(0) });
 */
export class Sylvester extends AbstractBijection {
  override readonly inverseKind = "iterative";
  readonly features: number;
  readonly directions: number;
  readonly conditioner?: Conditioner;
  /** Vectors of the reflections, `[m, features]`. */
  private readonly reflections: Parameter;
  /** R above its diagonal; on it the numbers of `rᵢᵢ = softplus(raw + log(e − 1)) + 1e-3`. */
  private readonly inner: Parameter;
  /** S above its diagonal; on it the numbers of `rᵢᵢ sᵢᵢ`. */
  private readonly outer: Parameter;
  private readonly bias: Parameter;

  constructor(options: SylvesterOptions) {
    checkOptions("Sylvester", options, { features: true, directions: true, key: true, conditioner: true });
    const { features, directions, key, conditioner } = options;
    const n = checkFeatures("Sylvester", features);
    const m = directions ?? Math.min(n, DIRECTIONS);
    if (!Number.isSafeInteger(m) || m < 1 || m > n) {
      throw new OptionError(`Sylvester: expected directions to be an integer from 1 to ${n}, got ${describeValue(m)}.`);
    }
    super("Sylvester", [n], shiftContext("Sylvester", conditioner, 2 * m * m + m));
    this.features = n;
    if (conditioner !== undefined) this.conditioner = conditioner;
    this.directions = m;
    // In one dimension there is nothing to turn.
    this.reflections = parameter([m, n], () => key?.normal(m * n) ?? units(m, n), { trainable: n > 1 });
    this.inner = parameter([m, m]);
    this.outer = parameter([m, m]);
    this.bias = parameter([m]);
  }

  protected forwardMap(x: tf.Tensor, context?: tf.Tensor): MapResult {
    const { q, r, s, bias, products } = this.matrices(context);
    const a = tf.add(applied(r, matMul(x, q)), bias);
    const y = tf.add(x, matMul(applied(s, tf.tanh(a)), tf.transpose(q)));
    return [y, logDet(products, a)];
  }

  protected inverseMap(y: tf.Tensor, context?: tf.Tensor): MapResult {
    const { q, r, s, bias, products } = this.matrices(context);
    const goal = matMul(y, q);
    const m = this.directions;
    const [along, moved, inner]: [tf.Tensor[], tf.Tensor[], tf.Tensor[]] = [[], [], []];
    for (let i = m - 1; i >= 0; i--) {
      // What the later directions, which are known, contribute.
      let rest = column(goal, i);
      let shift = column(bias, i);
      for (let j = i + 1; j < m; j++) {
        rest = tf.sub(rest, tf.mul(entry(s, i, j), moved[j] as tf.Tensor));
        shift = tf.add(shift, tf.mul(entry(r, i, j), along[j] as tf.Tensor));
      }
      const diagonal = entry(r, i, i);
      const a = tanhRoot(tf.add(tf.mul(diagonal, rest), shift), column(products, i));
      inner[i] = a;
      moved[i] = tf.tanh(a);
      along[i] = tf.div(tf.sub(a, shift), diagonal);
    }
    const back = matMul(applied(s, tf.concat(moved, -1)), tf.transpose(q));
    return [tf.sub(y, back), tf.neg(logDet(products, tf.concat(inner, -1)))];
  }

  private matrices(context: tf.Tensor | undefined): Matrices {
    const m = this.directions;
    const learned = [this.inner, this.outer, this.bias].map(({ variable }) => tf.reshape(variable, [-1]));
    const shifted = shiftedVectors(learned, this.conditioner, context);
    const [inner, outer, bias] = shifted as [tf.Tensor, tf.Tensor, tf.Tensor];
    const square = (values: tf.Tensor): tf.Tensor => tf.reshape(values, [...values.shape.slice(0, -1), m, m]);
    const diagonal = tf.eye(m);
    const above = tf.tensor2d(strictlyAbove(m), [m, m]);
    const onDiagonal = (values: tf.Tensor): tf.Tensor => tf.sum(tf.mul(square(values), diagonal), -1);
    const withDiagonal = (values: tf.Tensor, numbers: tf.Tensor): tf.Tensor =>
      tf.add(tf.mul(square(values), above), tf.mul(diagonal, tf.expandDims(numbers, -2)));
    const positive = tf.add(aboveMinusOne(onDiagonal(inner)), 1 + LEAST_DIAGONAL);
    const products = aboveMinusOne(onDiagonal(outer));
    return {
      q: reflect(this.reflections.variable, tf.eye(this.features, m)),
      r: withDiagonal(inner, positive),
      s: withDiagonal(outer, tf.div(products, positive)),
      bias,
      products,
    };
  }
}

/** Parameters of a Sylvester map; all but Q have the batch axes of the context, if present. */
interface Matrices {
  readonly q: tf.Tensor;
  readonly r: tf.Tensor;
  readonly s: tf.Tensor;
  readonly bias: tf.Tensor;
  readonly products: tf.Tensor;
}

/** Codec of {@link Sylvester}. */
export const sylvesterCodec: Codec<Sylvester> = classCodec("pushforward/sylvester", Sylvester, {
  features: field.count(),
  directions: field.count(),
  conditioner: field.maybe(field.object(isConditioner, "a conditioner")),
});

/** A matrix `[m, m]`, or one for each event `[...batch, m, m]`, times vectors `[...batch, m]`. */
function applied(matrix: tf.Tensor, x: tf.Tensor): tf.Tensor {
  if (matrix.rank === 2) return matMul(x, tf.transpose(matrix));
  return tf.sum(tf.mul(matrix, tf.expandDims(x, -2)), -1);
}

function column(x: tf.Tensor, i: number): tf.Tensor {
  return tf.slice(x, [...x.shape.slice(0, -1).map(() => 0), i], [...x.shape.slice(0, -1), 1]);
}

/** `[...batch, 1]`. */
function entry(matrix: tf.Tensor, i: number, j: number): tf.Tensor {
  const batch = matrix.shape.slice(0, -2);
  return tf.reshape(tf.slice(matrix, [...batch.map(() => 0), i, j], [...batch, 1, 1]), [...batch, 1]);
}

function logDet(products: tf.Tensor, a: tf.Tensor): tf.Tensor {
  return tf.sum(log1p(tf.mul(products, tanhSlope(a))), -1);
}

function strictlyAbove(m: number): Float32Array {
  return Float32Array.from({ length: m * m }, (_, at) => (at % m > Math.floor(at / m) ? 1 : 0));
}

function units(m: number, n: number): Float32Array {
  return Float32Array.from({ length: m * n }, (_, at) => (at % n === Math.floor(at / n) ? 1 : 0));
}
