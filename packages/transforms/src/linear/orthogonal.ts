import type { Codec, Key, Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  type Direction,
  field,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
} from "@pushforward/core/extend";
import { matMul, rotationStep, triangle, triangularSolve } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";

/** A vector shorter than this has no reflection. */
const SHORTEST = 1e-15;

/**
 * `H₁ H₂ … H_k M` of Householder reflections `H = I − 2 v vᵀ/|v|²`, all at once: `M − V T⁻¹ Vᵀ M`, where T is upper triangular
 * with `VᵀV` above its diagonal and half of that on it.
 *
 * @param vectors the vectors v as rows, `[k, n]`.
 * @param matrix M, `[n, m]`.
 * @see Joffrain et al. 2006, Accumulating Householder transformations, revisited, https://doi.org/10.1145/1141885.1141886
 */
export function reflect(vectors: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  const columns = tf.transpose(vectors);
  const products = matMul(vectors, columns);
  const diagonal = tf.maximum(tf.mul(tf.sum(tf.square(vectors), 1), 0.5), SHORTEST ** 2);
  const above = triangle(products, { lower: false, strict: true });
  const factor = tf.add(above, tf.mul(tf.eye(vectors.shape[0] as number), diagonal));
  return tf.sub(matrix, matMul(columns, triangularSolve(factor, matMul(vectors, matrix), { lower: false })));
}

/** Options of {@link HouseholderLinear}. */
export interface HouseholderLinearOptions {
  readonly features: number;
  /** Number of reflections. Default: `features`, plus one for an odd number. */
  readonly reflections?: number;
  /** Draws the vectors of the start; without one they are unit vectors. */
  readonly key?: Key;
}

/**
 * An orthogonal matrix as a product of k Householder reflections: `y = H₁ H₂ … H_k x`, `H_i = I − 2 v_i v_iᵀ/|v_i|²`,
 * `log|det| = 0`. The inverse is the transpose.
 *
 * The parameter `vectors` `[reflections, features]` has the v_i as rows. Initial vectors are equal pairs with the
 * identity as product; an odd last one reflects. An even number produces rotations only, an odd number none; `features`
 * reflections produce every such matrix.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` or `reflections` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @see Tomczak and Welling 2016, Improving Variational Auto-Encoders using Householder Flow,
 * https://arxiv.org/abs/1611.09630
 * @example
 * const turn = new HouseholderLinear({ features: 4 });
 */
export class HouseholderLinear extends AbstractBijection {
  readonly features: number;
  readonly reflections: number;
  private readonly vectors: Parameter;

  constructor(options: HouseholderLinearOptions) {
    checkOptions("HouseholderLinear", options, { features: true, reflections: true, key: true });
    const { features, reflections, key } = options;
    const n = checkFeatures("HouseholderLinear", features);
    super("HouseholderLinear", [n]);
    const k = checkFeatures("HouseholderLinear", reflections ?? n + (n % 2), "reflections");
    this.features = n;
    this.reflections = k;
    // In one dimension the length of a vector does not matter.
    this.vectors = parameter([k, n], () => startVectors(k, n, key), { trainable: n > 1 });
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [matMul(x, tf.transpose(this.matrix())), 0];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return [matMul(y, this.matrix()), 0];
  }

  private matrix(): tf.Tensor {
    return reflect(this.vectors.variable, tf.eye(this.features));
  }
}

/** Codec of {@link HouseholderLinear}. */
export const householderLinearCodec: Codec<HouseholderLinear> = classCodec(
  "pushforward/householder-linear",
  HouseholderLinear,
  { features: field.count(), reflections: field.count() },
);

/** Pairs of equal vectors. */
function startVectors(k: number, n: number, key: Key | undefined): Float32Array {
  const pairs = Math.ceil(k / 2);
  const one = key?.normal(pairs * n) ?? Float32Array.from({ length: pairs * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
  return Float32Array.from({ length: k * n }, (_, i) => one[Math.floor(i / (2 * n)) * n + (i % n)] as number);
}

/** The norm to which a matrix is scaled down. */
const SMALL = 0.5;
/** Terms of the series: at that norm the first one left out is 1e-22. */
const TERMS = 16;
/** Maximum number of squarings: beyond it, an exponential overflows, or consists of rounding errors only. */
const MOST = 60;

/**
 * `e^A` of a square matrix `[n, n]`, in float64 on the host: the series of Taylor at `A/2ˢ`, squared s times. Entries that
 * are not finite give NaN.
 *
 * The gradient is the adjoint of the Fréchet derivative, a block of the exponential of `[[Aᵀ, dy], [0, Aᵀ]]`.
 *
 * @see Higham 2008, Functions of Matrices, §10.3 and §3.2
 */
export function matrixExponential(a: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const matrix = input as tf.Tensor;
      const n = matrix.shape[0] as number;
      (save as tf.GradSaveFunc)([matrix]);
      return {
        value: tf.tensor2d(Float32Array.from(exponential(Float64Array.from(matrix.dataSync()), n)), [n, n]),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const turned = tf.transpose(saved[0] as tf.Tensor);
          const upper = tf.concat([turned, dy], 1);
          const lower = tf.concat([tf.zerosLike(turned), turned], 1);
          return tf.slice(matrixExponential(tf.concat([upper, lower], 0)), [0, n], [n, n]);
        },
      };
    });
    return op(a);
  });
}

function exponential(a: Float64Array, n: number): Float64Array {
  let norm = 0;
  for (let i = 0; i < n; i++)
    norm = Math.max(
      norm,
      a.subarray(i * n, (i + 1) * n).reduce((s, v) => s + Math.abs(v), 0),
    );
  if (!a.every(Number.isFinite)) return a.fill(Number.NaN);
  const squarings = Math.min(MOST, Math.max(0, Math.ceil(Math.log2(norm / SMALL))));
  const scaled = a.map((v) => v / 2 ** squarings);
  // Horner: I + A(I + A/2(I + A/3(…))).
  let sum = identity(n);
  for (let k = TERMS; k > 0; k--) {
    sum = product(scaled, sum, n).map((v, i) => v / k + (i % (n + 1) === 0 ? 1 : 0));
  }
  for (let s = 0; s < squarings; s++) sum = product(sum, sum, n);
  return sum;
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k] as number;
      for (let j = 0; j < n; j++) c[i * n + j] = (c[i * n + j] as number) + factor * (b[k * n + j] as number);
    }
  }
  return c;
}

/** Options of {@link Rotation}. */
export interface RotationOptions {
  readonly features: number;
  /** Draws W from N(0, 1), a rotation by any angle about any axis; it is 0 without one. */
  readonly key?: Key;
}

/**
 * A rotation, the exponential of a skew-symmetric matrix: `y = exp(W − Wᵀ)·x`, `log|det| = 0`. The inverse is the
 * transpose.
 *
 * The parameter is W (`generator`, `[features, features]`); zeros produce the identity, and every rotation is reached.
 * The exponential is computed in float64 once for each call: for up to about 100 features.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @see Golinski et al. 2019, Improving Normalizing Flows via Better Orthogonal Parameterizations; zuko (Rozet et al.
 * 2022), https://github.com/probabilists/zuko
 * @example
 * const turn = new Rotation({ features: 3 });
 */
export class Rotation extends AbstractBijection {
  readonly features: number;
  private readonly generator: Parameter;

  constructor(options: RotationOptions) {
    checkOptions("Rotation", options, { features: true, key: true });
    const { features, key } = options;
    const n = checkFeatures("Rotation", features);
    super("Rotation", [n]);
    this.features = n;
    // In one dimension there is nothing to turn.
    const start = key && (() => key.normal(n * n));
    this.generator = parameter([n, n], start, { trainable: n > 1 });
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [matMul(x, tf.transpose(this.matrix())), 0];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return [matMul(y, this.matrix()), 0];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return rotationStep(plan, direction, this.planEvent(value), this.generator);
  }

  private matrix(): tf.Tensor {
    const generator = this.generator.variable;
    return matrixExponential(tf.sub(generator, tf.transpose(generator)));
  }
}

/** Codec of {@link Rotation}. */
export const rotationCodec: Codec<Rotation> = classCodec("pushforward/rotation", Rotation, { features: field.count() });

/** The orthonormal matrix of the discrete cosine transform DCT-II, row-major: `√((2 − [k = 0])/n) cos(π k (i + ½)/n)`. */
export function cosines(n: number): Float32Array {
  return Float32Array.from({ length: n * n }, (_, at) => {
    const [k, i] = [Math.floor(at / n), at % n];
    return Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * (i + 0.5)) / n);
  });
}

/** Options of {@link DiscreteCosine}. */
export interface DiscreteCosineOptions {
  readonly features: number;
}

/**
 * The orthonormal discrete cosine transform, DCT-II: `y_k = c_k Σ_i x_i cos(π k (i + ½)/n)`, `c_0 = √(1/n)`, other
 * `c_k = √(2/n)`, `log|det| = 0`. It is fixed; its inverse is DCT-III, the transpose.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @see Ahmed, Natarajan and Rao 1974, Discrete Cosine Transform, https://doi.org/10.1109/T-C.1974.223784
 * @example
 * new DiscreteCosine({ features: 2 }).forward(tf.tensor1d([1, 1])); // → [1.414, 0]
 */
export class DiscreteCosine extends AbstractBijection {
  readonly features: number;
  private values: Float32Array | undefined;

  constructor(options: DiscreteCosineOptions) {
    checkOptions("DiscreteCosine", options, { features: true });
    const { features } = options;
    super("DiscreteCosine", [checkFeatures("DiscreteCosine", features)]);
    this.features = features;
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [matMul(x, tf.transpose(this.matrix())), 0];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return [matMul(y, this.matrix()), 0];
  }

  private matrix(): tf.Tensor {
    this.values ??= cosines(this.features);
    return tf.tensor2d(this.values, [this.features, this.features]);
  }
}

/** Codec of {@link DiscreteCosine}. */
export const discreteCosineCodec: Codec<DiscreteCosine> = classCodec("pushforward/discrete-cosine", DiscreteCosine, {
  features: field.count(),
});
