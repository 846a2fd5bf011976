import {
  type Codec,
  type Distribution,
  type Json,
  type Key,
  OptionError,
  type Parameter,
  type ParameterTree,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  checkOptions,
  formatShape,
  parameter,
  parameterTree,
  requireSampling,
} from "@pushforward/core/extend";
import { clip, standardNormal, standardNormalLogProb, sumRightmost, triangularSolve } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, checkFeatures, configArray, configCodec, nestedArray } from "../config.ts";
import { fixedLocationScale, type LocationScale, transformRows } from "./standard-normal.ts";

/** Options of {@link MultivariateNormal}; `mean` and the matrices broadcast over their batch axes. */
export interface MultivariateNormalOptions {
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** `[...batch, features]`. Default: 0. */
  readonly mean?: TensorLike;
  /** `[...batch, features, features]`, symmetric and positive definite. Default: the identity. */
  readonly covariance?: TensorLike;
  /** Lower Cholesky factor of the covariance, in its place. */
  readonly scaleTril?: TensorLike;
  /** Makes mean and covariance parameters that start at the given values; they may have no batch axes. */
  readonly learnable?: boolean;
}

const FAR = 1e30;
const NAMES = { location: "mean", matrix: "covariance" } as const;

interface Owned {
  readonly mean: Parameter;
  readonly logDiagonal: Parameter;
  readonly offDiagonal: Parameter;
}

/**
 * The normal with a full covariance Σ = L Lᵀ, `log p(x) = −½ (|W (x − μ)|² + n ln 2π) + ln det W` with the whitening
 * matrix W = L⁻¹. Event shape `[features]`.
 *
 * The numbers and the Cholesky factor are float64. A learnable distribution owns the parameters `mean`, `logDiagonal` and
 * `offDiagonal`, the last two of W: all values are a positive definite covariance, and the density needs no triangular solve.
 *
 * @throws {DomainError} the covariance is not symmetric (to 1e-6 of its diagonal) or not positive definite.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * new MultivariateNormal({ mean: [2, 9], covariance: [[0.5, 0.3], [0.3, 0.3]] });
 */
export class MultivariateNormal extends AbstractModule implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  readonly learnable: boolean;
  private readonly fixed: LocationScale | undefined;
  private readonly owned: Owned | undefined;

  constructor(options: MultivariateNormalOptions) {
    checkOptions("MultivariateNormal", options, {
      features: true,
      mean: true,
      covariance: true,
      scaleTril: true,
      learnable: true,
    });
    super();
    const where = "MultivariateNormal";
    this.learnable = options.learnable ?? false;
    const { mean, covariance, scaleTril } = options;
    if (covariance !== undefined && scaleTril !== undefined) {
      throw new OptionError(`${where}: expected covariance or scaleTril, got both.`);
    }
    if (this.learnable && mean === undefined && covariance === undefined && scaleTril === undefined) {
      const n = checkFeatures(where, options.features ?? 0);
      this.batchShape = [];
      this.eventShape = [n];
      this.owned = { mean: parameter([n]), logDiagonal: parameter([n]), offDiagonal: parameter([n, n]) };
      return;
    }
    const fixed = fixedLocationScale(
      where,
      { features: options.features, location: mean, matrix: covariance, scaleTril },
      NAMES,
    );
    this.batchShape = fixed.shape.slice(0, -1);
    this.eventShape = fixed.shape.slice(-1);
    if (!this.learnable) {
      this.fixed = fixed;
      return;
    }
    const n = this.eventShape[0] as number;
    if (this.batchShape.length > 0) {
      throw new ShapeError(`${where}: expected no batch axes in a learnable one, got ${formatShape(this.batchShape)}.`);
    }
    const diagonal = Float64Array.from({ length: n }, (_, i) => Math.log(fixed.whitening[i * n + i] as number));
    this.owned = {
      mean: parameter([n], fixed.location),
      logDiagonal: parameter([n], diagonal),
      offDiagonal: parameter(
        [n, n],
        fixed.whitening.map((value, i) => (Math.floor(i / n) > i % n ? value : 0)),
      ),
    };
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "MultivariateNormal.logProb");
      checkEvent("MultivariateNormal.logProb", value.shape, this);
      // An infinite x would meet a zero of the matrix and give NaN; its square is infinite all the same.
      const centered = clip(tf.sub(value, this.mean()), -FAR, FAR);
      const z = transformRows(centered, this.whitening());
      return tf.add(standardNormalLogProb(z, 1), this.logDetWhitening());
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => this.place(this.noise(key, sampleShape)));
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const z = this.noise(key, sampleShape);
      return [this.place(z), tf.add(standardNormalLogProb(z, 1), this.logDetWhitening())];
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ ...this.owned });
  }

  /** The config of a model file. */
  config(): { readonly [key: string]: Json } {
    if (this.fixed === undefined) return { learnable: true, features: this.eventShape[0] as number };
    const { location: mean, shape, factor, factorShape } = this.fixed;
    return { learnable: false, mean: nestedArray(mean, shape), scaleTril: nestedArray(factor, factorShape) };
  }

  private mean(): tf.Tensor {
    if (this.owned !== undefined) return this.owned.mean.variable;
    const { location: mean, shape } = this.fixed as LocationScale;
    return tf.tensor(Float32Array.from(mean), [...shape]);
  }

  private whitening(): tf.Tensor {
    if (this.fixed !== undefined) {
      return tf.tensor(Float32Array.from(this.fixed.whitening), [...this.fixed.factorShape]);
    }
    const { logDiagonal, offDiagonal } = this.owned as Owned;
    const n = this.eventShape[0] as number;
    const strictlyLower = Float32Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) > i % n ? 1 : 0));
    const diagonal = tf.mul(tf.eye(n), tf.exp(logDiagonal.variable));
    return tf.add(diagonal, tf.mul(offDiagonal.variable, tf.tensor(strictlyLower, [n, n])));
  }

  private logDetWhitening(): tf.Tensor {
    if (this.owned !== undefined) return sumRightmost(this.owned.logDiagonal.variable, 1);
    const { logDetWhitening, factorShape } = this.fixed as LocationScale;
    return tf.tensor(Float32Array.from(logDetWhitening), factorShape.slice(0, -2));
  }

  private noise(key: Key, sampleShape: Shape): tf.Tensor {
    requireSampling("MultivariateNormal.sample", key, sampleShape);
    const shape = [...sampleShape, ...this.batchShape, ...this.eventShape];
    return standardNormal(key, shape);
  }

  private place(z: tf.Tensor): tf.Tensor {
    return tf.add(this.color(z), this.mean());
  }

  private color(z: tf.Tensor): tf.Tensor {
    if (this.fixed !== undefined) {
      return transformRows(z, tf.tensor(Float32Array.from(this.fixed.factor), [...this.fixed.factorShape]));
    }
    const n = this.eventShape[0] as number;
    const columns = tf.transpose(tf.reshape(z, [-1, n]));
    return tf.reshape(tf.transpose(triangularSolve(this.whitening(), columns, { lower: true })), z.shape);
  }
}

/** Codec of {@link MultivariateNormal}. */
export const multivariateNormalCodec: Codec<MultivariateNormal> = configCodec(
  "pushforward/multivariate-normal",
  MultivariateNormal,
  (c, type): MultivariateNormalOptions =>
    c.boolean("learnable")
      ? { learnable: true, features: c.count("features") }
      : { mean: configArray(c, type, "mean"), scaleTril: configArray(c, type, "scaleTril") },
);

/** The lower L with Σ = L Lᵀ of a covariance with a regularized diagonal: it is positive definite. */
export function lowerFactor(covariance: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = covariance[i * n + j] as number;
      const size = Math.abs(sum);
      for (let k = 0; k < j; k++) sum -= (factor[i * n + k] as number) * (factor[j * n + k] as number);
      // Rounding may take more than was there: what is left is then that rounding.
      if (i === j) factor[i * n + i] = Math.sqrt(Math.max(sum, size * n * Number.EPSILON, Number.MIN_VALUE));
      else factor[i * n + j] = sum / (factor[j * n + j] as number);
    }
  }
  return factor;
}
