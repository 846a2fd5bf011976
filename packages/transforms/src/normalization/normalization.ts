import { type Codec, DataError, DomainError, OptionError, type Parameter, type RowsLike } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  currentTraining,
  describeValue,
  field,
  type MapResult,
  parameter,
  readMatrix,
} from "@pushforward/core/extend";
import { choleskyFactor } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { type Chain, chain } from "../combinators/chain.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { TriangularLinear } from "../linear/decompositions.ts";
import { Diagonal } from "../linear/low-rank-linear.ts";
import { HouseholderLinear } from "../linear/orthogonal.ts";
import {
  POSITIVE_FORM,
  type PositiveForm,
  positiveForm,
  positiveFormField,
  positiveScale,
  rawScale,
} from "../positive-scale.ts";

/** Options of {@link BatchNorm}. */
export interface BatchNormOptions {
  readonly features: number;
  /** The share of each batch in the running averages, above 0 and at most 1. Default: 0.1. */
  readonly momentum?: number;
  /** Constant added to variances, above 0. Default: 1e-5. */
  readonly epsilon?: number;
  /** Map from the raw parameter to the scale; nflows uses `{ offset: 0, smallest: 1e-5 }`. */
  readonly form?: Partial<PositiveForm>;
}

/**
 * Batch normalization as a layer of a flow: on the way to the base `u = γ (x − m)/√(v + ε) + β`, with
 * `log|det ∂u/∂x| = Σ log γ − ½ log(v + ε)`; forward is its inverse.
 *
 * In a training step the inverse computes m and v (the biased variance) from the batch, with gradients, and updates its
 * running averages (with the unbiased variance). In all other cases, and forward, it uses the running averages, which
 * are part of the model file. So the density of a row does not depend on the batch. A training batch of one row uses
 * the averages.
 *
 * γ is `softplus(raw + log(e − 1))`, 1 at the start, and β is 0; the averages start at 0 and 1.
 *
 * Shapes: x and u `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `momentum` or `epsilon` is out of range.
 * @throws {ShapeError} a value with a different event shape.
 * @see Dinh et al. 2017, Density Estimation Using Real NVP, §3.7, https://arxiv.org/abs/1605.08803
 * @example
 * const layer = new BatchNorm({ features: 3 });
 */
export class BatchNorm extends AbstractBijection {
  readonly features: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly form: PositiveForm;
  private readonly scale: Parameter;
  private readonly shift: Parameter;
  private readonly mean: Parameter;
  private readonly variance: Parameter;

  constructor(options: BatchNormOptions) {
    checkOptions("BatchNorm", options, { features: true, momentum: true, epsilon: true, form: true });
    const { features, momentum = 0.1, epsilon = 1e-5, form = POSITIVE_FORM } = options;
    const n = checkFeatures("BatchNorm", features);
    if (!(momentum > 0 && momentum <= 1)) {
      throw new OptionError(`BatchNorm: expected momentum above 0 and at most 1, got ${describeValue(momentum)}.`);
    }
    if (!(epsilon > 0 && epsilon < 1)) {
      throw new OptionError(`BatchNorm: expected epsilon above 0 and below 1, got ${describeValue(epsilon)}.`);
    }
    super("BatchNorm", [n]);
    this.features = n;
    this.momentum = momentum;
    this.epsilon = epsilon;
    this.form = positiveForm("BatchNorm: expected form", form);
    this.scale = parameter([n]);
    this.shift = parameter([n]);
    this.mean = parameter([n], undefined, { trainable: false });
    this.variance = parameter([n], new Float32Array(n).fill(1), { trainable: false });
  }

  protected forwardMap(u: tf.Tensor): MapResult {
    const scale = positiveScale(this.scale.variable, this.form);
    const spread = tf.add(this.variance.variable, this.epsilon);
    const normal = tf.div(tf.sub(u, this.shift.variable), scale);
    const logDet = tf.sum(tf.sub(tf.mul(0.5, tf.log(spread)), tf.log(scale)));
    return [tf.add(tf.mul(normal, tf.sqrt(spread)), this.mean.variable), logDet];
  }

  protected inverseMap(x: tf.Tensor): MapResult {
    const { mean, variance } = this.statistics(x);
    const scale = positiveScale(this.scale.variable, this.form);
    const spread = tf.add(variance, this.epsilon);
    const normal = tf.div(tf.sub(x, mean), tf.sqrt(spread));
    const logDet = tf.sum(tf.sub(tf.log(scale), tf.mul(0.5, tf.log(spread))));
    return [tf.add(tf.mul(normal, scale), this.shift.variable), logDet];
  }

  private statistics(x: tf.Tensor): { readonly mean: tf.Tensor; readonly variance: tf.Tensor } {
    const rows = x.size / this.features;
    // Of another model that is used, not trained, nothing moves.
    const trains = currentTraining()?.keyOf(this.scale) !== undefined;
    if (!trains || rows < 2) return { mean: this.mean.variable, variance: this.variance.variable };
    const flat = tf.reshape(x, [rows, this.features]);
    const mean = tf.mean(flat, 0);
    const variance = tf.mean(tf.square(tf.sub(flat, mean)), 0);
    this.move(this.mean, mean.dataSync(), 1);
    this.move(this.variance, variance.dataSync(), rows / (rows - 1));
    return { mean, variance };
  }

  private move(average: Parameter, values: ArrayLike<number>, factor: number): void {
    const before = average.read();
    const share = this.momentum;
    average.write(
      Float32Array.from(values, (value, i) => (1 - share) * (before[i] as number) + share * factor * value),
    );
  }
}

/** Codec of {@link BatchNorm}. */
export const batchNormCodec: Codec<BatchNorm> = classCodec("pushforward/batch-norm", BatchNorm, {
  features: field.count(),
  momentum: field.number({ min: 0, max: 1 }),
  epsilon: field.number({ min: 0, max: 1 }),
  form: positiveFormField,
});

/** Eigenvalues, the largest first, and unit eigenvectors as the columns of a row-major matrix. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** More than any matrix takes: convergence is quadratic. */
const MOST_SWEEPS = 60;

/**
 * `A = V diag(λ) Vᵀ` of a symmetric matrix, by the cyclic Jacobi method (Golub and Van Loan, Matrix Computations, 8.5): each
 * rotation makes one pair of entries off the diagonal 0, until all are by rounding.
 *
 * @param matrix `[n, n]`, row-major; its lower triangle is not read.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = Float64Array.from(matrix);
  const v = Float64Array.from(a, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(a, n); sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (a[j * n + j] as number) - (a[i * n + i] as number),
  );
  return {
    values: Float64Array.from(order, (i) => a[i * n + i] as number),
    vectors: Float64Array.from(v, (_, at) => v[at - (at % n) + (order[at % n] as number)] as number),
  };
}

/** The rotation of the axes p and q that makes their entry 0. The upper triangle of `a` is kept. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q] as number;
  if (off === 0) return;
  const [first, second] = [a[p * n + p] as number, a[q * n + q] as number];
  const ratio = (second - first) / (2 * off);
  // The smaller root: an angle of at most 45°.
  const tangent = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.hypot(ratio, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let i = 0; i < n; i++) {
    turn(v, i * n + p, i * n + q, cosine, sine);
    if (i !== p && i !== q) turn(a, upper(i, p, n), upper(i, q, n), cosine, sine);
  }
  a[p * n + p] = first - tangent * off;
  a[q * n + q] = second + tangent * off;
  a[p * n + q] = 0;
}

function turn(values: Float64Array, p: number, q: number, cosine: number, sine: number): void {
  const [x, y] = [values[p] as number, values[q] as number];
  values[p] = cosine * x - sine * y;
  values[q] = sine * x + cosine * y;
}

function upper(i: number, j: number, n: number): number {
  return i < j ? i * n + j : j * n + i;
}

function isDiagonal(a: Float64Array, n: number): boolean {
  let [on, off] = [0, 0];
  for (let i = 0; i < n; i++) {
    on += (a[i * n + i] as number) ** 2;
    for (let j = i + 1; j < n; j++) off += (a[i * n + j] as number) ** 2;
  }
  return off <= (Number.EPSILON / 4) ** 2 * on;
}

/**
 * Returns a learnable layer for the data-dependent start of a flow: at the start, rows have mean 0 and covariance I on
 * the side of the base. It is `x = m + L u` with the mean m of the rows and a root L of their covariance, `Σ = L Lᵀ`.
 *
 * - `"full"`: L is the Cholesky factor, a learnable triangular matrix.
 * - `"pca"`: `L = D V Λ^½` with the standard deviations D and the eigenvectors V and eigenvalues Λ of the correlations,
 * the
 *   largest first: learnable scales, then a learnable rotation. The base variables are the principal components of the
 *   standardized columns. It differs from the Cholesky factor by a rotation, which does not affect a normal base but
 * affects
 *   layers that treat variables in sequence.
 * - `"diagonal"`: means and standard deviations alone, the start of ActNorm (Kingma and Dhariwal 2018,
 * arXiv:1807.03039).
 *
 * @param rows `[n, features]`, finite.
 * @param method `"full"` (default), `"pca"` or `"diagonal"`.
 * @throws {DataError} fewer than 2 rows, or a constant column.
 * @throws {DomainError} except for `"diagonal"`: linearly dependent columns.
 * @example
 * const layer = whitening([[1, 2], [2, 5], [4, 6]]);
 */
export function whitening(rows: RowsLike, method: "full" | "pca" | "diagonal" = "full"): Chain {
  const { shape, data } = readMatrix(rows, "whitening", "rows");
  const [count, n] = shape as unknown as readonly [number, number];
  if (count < 2) throw new DataError(`whitening: expected at least 2 rows, got ${count}.`);
  const mean = new Float64Array(n);
  for (let i = 0; i < data.length; i++) mean[i % n] = (mean[i % n] as number) + (data[i] as number) / count;
  const covariance = (i: number, j: number): number => {
    let sum = 0;
    for (let row = 0; row < count; row++) {
      sum +=
        ((data[row * n + i] as number) - (mean[i] as number)) * ((data[row * n + j] as number) - (mean[j] as number));
    }
    return sum / (count - 1);
  };
  const sd = Float64Array.from({ length: n }, (_, i) => Math.sqrt(covariance(i, i)));
  const constant = sd.findIndex((value) => !(value > 0));
  if (constant >= 0) throw new DataError(`whitening: expected columns that vary, got a constant column ${constant}.`);
  const units = new AffineElementwise({ features: n, scale: sd, shift: mean });
  if (method === "diagonal") return chain([units]);
  const correlations = Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return i === j ? 1 : covariance(i, j) / ((sd[i] as number) * (sd[j] as number));
  });
  return chain([...(method === "pca" ? principalAxes(correlations, n) : [triangular(correlations, n)]), units]);
}

/**
 * Minimum share of a column's variance that other columns do not explain, and minimum variance of a principal
 * component.
 */
const LEAST = 1e-10;

/** The Cholesky factor as a layer. */
function triangular(correlations: Float64Array, n: number): TriangularLinear {
  const factor = choleskyFactor("whitening", correlations, n, LEAST);
  const linear = new TriangularLinear({ features: n });
  const weight = Float64Array.from(factor, (value, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    if (row === column) return rawScale(value);
    return row > column ? value / (factor[column * n + column] as number) : 0;
  });
  linear.parameters().get("weight")?.write(weight);
  return linear;
}

/** The scales of the principal components, and their rotation. */
function principalAxes(correlations: Float64Array, n: number): [Diagonal, HouseholderLinear] {
  const { values, vectors } = symmetricEigen(correlations, n);
  const least = values[n - 1] as number;
  if (!(least > LEAST)) {
    throw new DomainError(
      `whitening: expected columns of full rank, got a principal component of variance ${least}. ` +
        "Drop columns that depend on each other.",
    );
  }
  const scales = new Diagonal({ features: n });
  scales
    .parameters()
    .get("logScale")
    ?.write(values.map((value) => Math.log(value) / 2));
  const rotation = new HouseholderLinear({ features: n });
  rotation
    .parameters()
    .get("vectors")
    ?.write(reflectionsOf(vectors, n, rotation.reflections));
  return [scales, rotation];
}

/**
 * Returns vectors of reflections with an orthogonal matrix as their product, up to the signs of its columns, which are
 * arbitrary for principal components: each reflection moves one column to its axis.
 */
function reflectionsOf(matrix: Float64Array, n: number, reflections: number): Float64Array {
  const rest = Float64Array.from(matrix);
  const all = new Float64Array(reflections * n);
  for (let j = 0; j < n - 1; j++) {
    const v = all.subarray(j * n, (j + 1) * n);
    for (let i = j; i < n; i++) v[i] = rest[i * n + j] as number;
    // Away from the axis, so that nothing cancels.
    v[j] = (v[j] as number) + ((v[j] as number) < 0 ? -1 : 1);
    const square = v.reduce((sum, value) => sum + value * value, 0);
    for (let column = j; column < n; column++) {
      let dot = 0;
      for (let i = j; i < n; i++) dot += (v[i] as number) * (rest[i * n + column] as number);
      for (let i = j; i < n; i++) {
        rest[i * n + column] = (rest[i * n + column] as number) - (2 * dot * (v[i] as number)) / square;
      }
    }
  }
  // One more flips the sign of the last column, two are the identity.
  for (let k = n - 1; k < reflections; k++) all[k * n + n - 1] = 1;
  return all;
}
