import { type Codec, OptionError, type Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  AbstractElementwise,
  checkOptions,
  classCodec,
  describeValue,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { cholesky, choleskySolve, logAbsDetTriangular, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { positiveScale } from "../positive-scale.ts";
import { cosines } from "./orthogonal.ts";

/** Options of {@link LowRankLinear}. */
export interface LowRankLinearOptions {
  readonly features: number;
  /** Number r of columns of U, from 1 to `features`. */
  readonly rank: number;
}

/** Length of the columns of U at the start: of the order 1/100 the matrix differs from the identity. */
const START = 0.1;

/**
 * The sum of a diagonal matrix and a matrix of low rank: `y = (D + U Uᵀ)·x + b`, with a positive diagonal
 * `d = softplus(raw + log(e − 1))`. The matrix is positive definite for all parameters. With the small matrix
 * `C = I + Uᵀ D⁻¹ U`,
 *
 * - `log|det| = Σ log d_i + log det C` (the determinant lemma),
 * - `x = D⁻¹(v − U C⁻¹ Uᵀ D⁻¹ v)`, `v = y − b` (Woodbury),
 *
 * so that n features cost `n·r` operations each way, not n². The parameters are `rawScale` `[features]`, U (`factor`,
 * `[features, rank]`) and b (`shift`). U starts small, with cosines as columns, because it has no gradient at 0.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `rank` not one from 1 to `features`.
 * @throws {ShapeError} a value with a different event shape.
 * @see Woodbury 1950, Inverting modified matrices; Harville 1997, Matrix Algebra From a Statistician's Perspective, §18
 * @example
 * const mix = new LowRankLinear({ features: 50, rank: 3 });
 */
export class LowRankLinear extends AbstractBijection {
  readonly features: number;
  readonly rank: number;
  private readonly rawScale: Parameter;
  private readonly factor: Parameter;
  private readonly shift: Parameter;

  constructor(options: LowRankLinearOptions) {
    checkOptions("LowRankLinear", options, { features: true, rank: true });
    const { features, rank } = options;
    const n = checkFeatures("LowRankLinear", features);
    super("LowRankLinear", [n]);
    if (!Number.isSafeInteger(rank) || rank < 1 || rank > n) {
      throw new OptionError(
        `LowRankLinear: expected rank to be an integer from 1 to ${n}, got ${describeValue(rank)}.`,
      );
    }
    this.features = n;
    this.rank = rank;
    this.rawScale = parameter([n]);
    this.factor = parameter([n, rank], () => {
      const rows = cosines(n);
      return Float32Array.from({ length: n * rank }, (_, i) => {
        return START * (rows[(i % rank) * n + Math.floor(i / rank)] as number);
      });
    });
    this.shift = parameter([n]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const { scale, logDet } = this.parts();
    const factor = this.factor.variable;
    const y = tf.add(tf.mul(x, scale), matMul(matMul(x, factor), tf.transpose(factor)));
    return [tf.add(y, this.shift.variable), logDet];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const { scale, scaled, triangle, logDet } = this.parts();
    const v = tf.div(tf.sub(y, this.shift.variable), scale);
    // Uᵀ D⁻¹ (y − b), and C⁻¹ (D⁻¹ U)ᵀ, which is small.
    const along = matMul(v, this.factor.variable);
    return [tf.sub(v, matMul(along, choleskySolve(triangle, tf.transpose(scaled)))), tf.neg(logDet)];
  }

  private parts(): {
    readonly scale: tf.Tensor;
    /** `D⁻¹ U`. */
    readonly scaled: tf.Tensor;
    /** The Cholesky factor of C. */
    readonly triangle: tf.Tensor;
    readonly logDet: tf.Tensor;
  } {
    const factor = this.factor.variable;
    const scale = positiveScale(this.rawScale.variable);
    const scaled = tf.div(factor, tf.expandDims(scale, 1));
    const triangle = cholesky(tf.add(tf.eye(this.rank), matMul(tf.transpose(factor), scaled)));
    const logDet = tf.add(tf.sum(tf.log(scale)), tf.mul(logAbsDetTriangular(triangle), 2));
    return { scale, scaled, triangle, logDet };
  }
}

/** Codec of {@link LowRankLinear}. */
export const lowRankLinearCodec: Codec<LowRankLinear> = classCodec("pushforward/low-rank-linear", LowRankLinear, {
  features: field.count(),
  rank: field.count(),
});

/** Options of {@link Diagonal}. */
export interface DiagonalOptions {
  readonly features: number;
}

/**
 * A diagonal matrix, a learnable positive scale of each feature and no shift: `y_i = exp(s_i)·x_i`, `log|det| = Σ s_i`.
 * The parameter is s (`logScale`); zeros produce the identity. With a shift it is `AffineElementwise`.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @see Dinh et al. 2015, NICE, https://arxiv.org/abs/1410.8516
 * @example
 * const scale = new Diagonal({ features: 3 });
 */
export class Diagonal extends AbstractElementwise {
  readonly features: number;
  private readonly logScale: Parameter;

  constructor(options: DiagonalOptions) {
    checkOptions("Diagonal", options, { features: true });
    const { features } = options;
    super("Diagonal", [checkFeatures("Diagonal", features)]);
    this.features = features;
    this.logScale = parameter([features]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return scaled(x, this.logScale.variable);
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return scaled(y, tf.neg(this.logScale.variable));
  }
}

/** Codec of {@link Diagonal}. */
export const diagonalCodec: Codec<Diagonal> = classCodec("pushforward/diagonal", Diagonal, { features: field.count() });

function scaled(x: tf.Tensor, logScale: tf.Tensor): MapResult {
  return [tf.mul(x, tf.exp(logScale)), tf.clone(logScale)];
}
