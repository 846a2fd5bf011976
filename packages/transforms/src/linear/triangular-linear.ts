import { type Codec, OptionError, type Parameter } from "@pushforward/core";
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
import { positiveScale } from "../positive-scale.ts";

/** Options of {@link TriangularLinear}. */
export interface TriangularLinearOptions {
  readonly features: number;
  /** Which triangle of the matrix is not zero. Default: `"lower"`. */
  readonly triangle?: "lower" | "upper";
}

/**
 * A triangular matrix with a positive diagonal: `y = T·x + b`, `log|det| = Σ log d_i`, `d = softplus(raw + log(e − 1))`.
 *
 * The parameter `weight` `[features, features]` holds the raw diagonal on its own and, upper triangular, `T_ij` above it, or,
 * lower triangular, `T_ij/d_j` below it; the other triangle is not used. `shift` is b. Zeros give the identity. The inverse
 * is a triangular solve.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `triangle` another word.
 * @throws {ShapeError} a value with another event shape.
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
