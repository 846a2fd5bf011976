import {
  asTensor,
  broadcastShapes,
  type Codec,
  ConfigReader,
  type Distribution,
  defineCodec,
  disposeParameters,
  formatShape,
  type Json,
  type Key,
  type Module,
  OptionError,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  requireBackend,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import { clip, matMul, standardNormal, standardNormalLogProb, sumRightmost, triangularSolve } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkLowerFactor, choleskyFactor, eachMatrix, invertLower, logDiagonalSum } from "./cholesky-factor.ts";
import { configArray, construct } from "./decode.ts";
import { checkEvent, checkFeatures } from "./event-shape.ts";
import { broadcastValues, type HostArray, hostArray, nestedArray } from "./host-array.ts";

/** Options of {@link MultivariateNormal}; `mean` and the matrices broadcast over their batch axes. */
export interface MultivariateNormalOptions {
  /** Size of the event; needed only when no array tells it. */
  readonly features?: number;
  /** `[...batch, features]`, 0 when omitted. */
  readonly mean?: TensorLike;
  /** `[...batch, features, features]`, symmetric and positive definite; the identity when omitted. */
  readonly covariance?: TensorLike;
  /** Lower Cholesky factor of the covariance, in its place. */
  readonly scaleTril?: TensorLike;
  /** Makes mean and covariance parameters that start at the given values; they may have no batch axes. */
  readonly learnable?: boolean;
}

const FAR = 1e30;

interface Owned {
  readonly mean: Parameter;
  readonly logDiagonal: Parameter;
  readonly offDiagonal: Parameter;
}

/**
 * The normal with a full covariance Σ = L Lᵀ, `log p(x) = −½ (|W (x − μ)|² + n ln 2π) + ln det W` with the whitening
 * matrix W = L⁻¹. Event shape `[features]`.
 *
 * Numbers are kept in float64, where the Cholesky factor is also computed. A learnable one owns the parameters `mean`,
 * `logDiagonal` and `offDiagonal`, the last two those of W: any values of them give a positive definite covariance, and
 * the density needs no triangular solve.
 *
 * @throws {DomainError} the covariance is not symmetric (to 1e-6 of its diagonal) or not positive definite.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * new MultivariateNormal({ mean: [2, 9], covariance: [[0.5, 0.3], [0.3, 0.3]] });
 */
export class MultivariateNormal implements Distribution, Module {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  readonly learnable: boolean;
  private readonly fixed: Fixed | undefined;
  private readonly owned: Owned | undefined;

  constructor(options: MultivariateNormalOptions) {
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
    const fixed = fixedNormal(where, options);
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
      mean: parameter([n], fixed.mean),
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
      const centred = clip(tf.sub(value, this.mean()), -FAR, FAR);
      const z = transformRows(centred, this.whitening());
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

  parameters(): ParameterTree {
    return parameterTree({ ...this.owned });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The config of a model file. */
  config(): { readonly [key: string]: Json } {
    if (this.fixed === undefined) return { learnable: true, features: this.eventShape[0] as number };
    const { mean, shape, factor, factorShape } = this.fixed;
    return { learnable: false, mean: nestedArray(mean, shape), scaleTril: nestedArray(factor, factorShape) };
  }

  private mean(): tf.Tensor {
    if (this.owned !== undefined) return this.owned.mean.variable;
    const { mean, shape } = this.fixed as Fixed;
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
    const { logDetWhitening, factorShape } = this.fixed as Fixed;
    return tf.tensor(Float32Array.from(logDetWhitening), factorShape.slice(0, -2));
  }

  private noise(key: Key, sampleShape: Shape): tf.Tensor {
    requireBackend("MultivariateNormal.sample");
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

/** `A v` for each row v `[..., n]` and each matrix A `[...batch, n, n]`. */
function transformRows(rows: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  const n = matrix.shape.at(-1) as number;
  if (matrix.rank === 2) return tf.reshape(matMul(tf.reshape(rows, [-1, n]), tf.transpose(matrix)), rows.shape);
  return sumRightmost(tf.mul(tf.expandDims(rows, -2), matrix), 1);
}

interface Fixed {
  /** `[...batch, features]`. */
  readonly shape: Shape;
  readonly mean: Float64Array;
  /** `[...batch of the matrices, features, features]`. */
  readonly factorShape: Shape;
  readonly factor: Float64Array;
  readonly whitening: Float64Array;
  readonly logDetWhitening: Float64Array;
}

function fixedNormal(where: string, options: MultivariateNormalOptions): Fixed {
  const mean = hostArray(options.mean ?? 0, `${where} mean`);
  const given = options.covariance ?? options.scaleTril;
  const matrices = given === undefined ? undefined : hostArray(given, `${where} covariance`);
  const features: Shape = options.features === undefined ? [] : [checkFeatures(where, options.features)];
  const n = matrices?.shape.at(-1) ?? mean.shape.at(-1) ?? features[0] ?? 0;
  if (n < 1 || (matrices !== undefined && (matrices.shape.length < 2 || matrices.shape.at(-2) !== n))) {
    const got = matrices === undefined ? "none" : formatShape(matrices.shape);
    throw new ShapeError(`${where}: expected a square matrix of at least one feature, got ${got}.`);
  }
  const square = matrices ?? identity(n);
  const batchOfFactor = square.shape.slice(0, -2);
  let shape: Shape | undefined = [...batchOfFactor, n];
  for (const other of [mean.shape, features]) shape = shape && broadcastShapes(shape, other);
  if (shape === undefined || shape.at(-1) !== n) {
    throw new ShapeError(
      `${where}: expected a mean that fits ${formatShape([...batchOfFactor, n])}, got ${formatShape(mean.shape)}.`,
    );
  }
  const factor = lowerFactor(where, square, n, options.covariance !== undefined);
  return {
    shape,
    mean: broadcastValues(mean, shape),
    factorShape: square.shape,
    factor,
    whitening: eachMatrix(factor, n, (matrix) => invertLower(matrix, n)),
    logDetWhitening: Float64Array.from(
      { length: factor.length / (n * n) },
      (_, b) => -logDiagonalSum(factor.subarray(b * n * n, (b + 1) * n * n), n),
    ),
  };
}

function lowerFactor(where: string, square: HostArray, n: number, isCovariance: boolean): Float64Array {
  return eachMatrix(square.values, n, (matrix) =>
    isCovariance ? choleskyFactor(where, matrix, n) : checkLowerFactor(where, matrix, n),
  );
}

function identity(n: number): HostArray {
  return { shape: [n, n], values: Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)) };
}

/** Codec of {@link MultivariateNormal}. */
export const multivariateNormalCodec: Codec<MultivariateNormal> = defineCodec({
  type: "pushforward/multivariate-normal",
  version: 1,
  is: (value): value is MultivariateNormal => value instanceof MultivariateNormal,
  encode: (value) => value.config(),
  decode: (config) => {
    const type = "pushforward/multivariate-normal";
    const c = new ConfigReader(type, config);
    const options: MultivariateNormalOptions = c.boolean("learnable")
      ? { learnable: true, features: c.count("features") }
      : { mean: configArray(c, type, "mean"), scaleTril: configArray(c, type, "scaleTril") };
    c.end();
    return construct(type, () => new MultivariateNormal(options));
  },
});
