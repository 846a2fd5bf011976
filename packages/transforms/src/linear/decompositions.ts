import { type Codec, type Key, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { luLinear } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { type Chain, chain } from "../combinators/chain.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { positiveScale } from "../positive-scale.ts";
import { LULinear } from "./lu-linear.ts";
import { HouseholderLinear } from "./orthogonal.ts";
import { randomPermutation } from "./permutation.ts";

/** Options of {@link pluLinear}. */
export interface PluLinearOptions {
  readonly features: number;
  /** Draws the permutation, and the start of the entries off the diagonals. */
  readonly key: Key;
}

/**
 * An invertible linear map from its PLU factors: `y = P·(L·U·x + b)`, P a fixed random permutation, the rest an
 * {@link LULinear}; `log|det| = Σ log U_ii`. It is the 1 × 1 convolution of Glow for single rows.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @see Kingma and Dhariwal 2018, Glow, https://arxiv.org/abs/1807.03039
 * @example
 * const mix = pluLinear({ features: 4, key: createKey(1) });
 */
export function pluLinear(options: PluLinearOptions): Chain {
  checkOptions("pluLinear", options, { features: true, key: true });
  const { features, key } = options;
  return chain([new LULinear({ features, key: key.fold("LU") }), randomPermutation(features, key.fold("P"))]);
}

/** Options of {@link TriangularLinear}. */
export interface TriangularLinearOptions {
  readonly features: number;
  /** Which triangle of the matrix is not zero. Default: `"lower"`. */
  readonly triangle?: "lower" | "upper";
}

/**
 * A triangular matrix with a positive diagonal: `y = T·x + b`, `log|det| = Σ log d_i`, `d = softplus(raw + log(e −
 * 1))`.
 *
 * The parameter `weight` `[features, features]` stores the raw diagonal on its own diagonal and, upper triangular,
 * `T_ij` above it, or, lower triangular, `T_ij/d_j` below it; the other triangle is not used. `shift` is b. Zeros
 * produce the identity. The inverse is a triangular solve.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `triangle` is not a valid word.
 * @throws {ShapeError} a value with a different event shape.
 * @see Papamakarios et al. 2021, Normalizing Flows for Probabilistic Modeling and Inference, §3.1.2,
 * https://arxiv.org/abs/1912.02762
 * @example
 * const correlate = new TriangularLinear({ features: 3 });
 */
export class TriangularLinear extends AbstractBijection {
  readonly features: number;
  readonly triangle: "lower" | "upper";
  private readonly weight: Parameter;
  private readonly shift: Parameter;

  constructor(options: TriangularLinearOptions) {
    checkOptions("TriangularLinear", options, { features: true, triangle: true });
    const { features, triangle = "lower" } = options;
    const n = checkFeatures("TriangularLinear", features);
    super("TriangularLinear", [n]);
    this.features = n;
    if (triangle !== "lower" && triangle !== "upper") {
      throw new OptionError(
        `TriangularLinear: expected triangle to be "lower" or "upper", got ${JSON.stringify(triangle)}.`,
      );
    }
    this.triangle = triangle;
    this.weight = parameter([n, n]);
    this.shift = parameter([n]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return this.map(x, false);
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return this.map(y, true);
  }

  // One of the factors of an LU product is the identity, or diagonal.
  private map(x: tf.Tensor, inverse: boolean): MapResult {
    const [weight, shift] = [this.weight.variable, this.shift.variable];
    const none = tf.zerosLike(weight);
    const diagonal = positiveScale(tf.sum(tf.mul(weight, tf.eye(this.features)), 1));
    const [lower, upper] = this.triangle === "lower" ? [weight, none] : [none, weight];
    return luLinear(x, lower, upper, tf.log(diagonal), shift, { inverse });
  }
}

/** Codec of {@link TriangularLinear}. */
export const triangularLinearCodec: Codec<TriangularLinear> = classCodec(
  "pushforward/triangular-linear",
  TriangularLinear,
  { features: field.count(), triangle: field.oneOf("lower", "upper") },
);

/** Options of {@link qrLinear}. */
export interface QrLinearOptions {
  readonly features: number;
  /** Number of reflections of Q. Default: `features`, plus one for an odd number. */
  readonly reflections?: number;
  /** Draws the vectors of the reflections; without one they are unit vectors. */
  readonly key?: Key;
}

/**
 * An invertible linear map from its QR factors: `y = Q·(R·x + b)`, R upper triangular with a positive diagonal, Q a product
 * of Householder reflections; `log|det| = Σ log R_ii`. It starts at the identity for an even number of reflections.
 *
 * It is the chain of a {@link TriangularLinear} and a {@link HouseholderLinear}.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `reflections` is not an integer of at least 1.
 * @see Hoogeboom et al. 2019, Emerging Convolutions for Generative Normalizing Flows, https://arxiv.org/abs/1901.11137
 * @example
 * const mix = qrLinear({ features: 4 });
 */
export function qrLinear(options: QrLinearOptions): Chain {
  checkOptions("qrLinear", options, { features: true, reflections: true, key: true });
  return chain([
    new TriangularLinear({ features: options.features, triangle: "upper" }),
    new HouseholderLinear(options),
  ]);
}

/** Options of {@link svdLinear}. */
export interface SvdLinearOptions {
  readonly features: number;
  /** Number of reflections of each orthogonal matrix. Default: `features`, plus one for an odd number. */
  readonly reflections?: number;
  /** Draws the vectors of the reflections; without one they are unit vectors. */
  readonly key?: Key;
}

/**
 * An invertible linear map from its singular value decomposition: `y = U·(S·V·x + b)`, U and V products of Householder
 * reflections, S diagonal and positive; `log|det| = Σ log S_ii`. It starts at the identity for an even number of
 * reflections.
 *
 * It is the chain of a {@link HouseholderLinear}, an {@link AffineElementwise} and a second {@link HouseholderLinear}.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `reflections` is not an integer of at least 1.
 * @see Zhang, Lei and Dhillon 2018, Stabilizing Gradients for Deep Neural Networks via Efficient SVD Parameterization,
 * https://arxiv.org/abs/1803.09327
 * @example
 * const mix = svdLinear({ features: 4 });
 */
export function svdLinear(options: SvdLinearOptions): Chain {
  checkOptions("svdLinear", options, { features: true, reflections: true, key: true });
  const { features, reflections, key } = options;
  const orthogonal = (name: string): HouseholderLinear =>
    new HouseholderLinear({
      features,
      ...(reflections !== undefined && { reflections }),
      ...(key && { key: key.fold(name) }),
    });
  return chain([orthogonal("V"), new AffineElementwise({ features }), orthogonal("U")]);
}
