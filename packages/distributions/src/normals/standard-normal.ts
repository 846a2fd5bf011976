import { type Codec, type Distribution, type Key, type Shape, ShapeError, type TensorLike } from "@pushforward/core";
import {
  asTensor,
  broadcastShapes,
  ConfigReader,
  checkOptions,
  checkPlanColumns,
  defineCodec,
  formatShape,
  type PlanBuilder,
  type PlanMatrix,
  requireSampling,
  type SampleRecipe,
  sizeOf,
} from "@pushforward/core/extend";
import {
  checkLowerFactor,
  choleskyFactor,
  eachMatrix,
  invertLower,
  logDiagonalSum,
  normalCdf,
  normalQuantile,
} from "@pushforward/core/plain";
import {
  matMul,
  standardNormal,
  standardNormalLogProb,
  standardNormalLogProbStep,
  sumRightmost,
} from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { broadcastValues, checkAxis, checkEvent, checkFeatures, type HostArray, hostArray } from "../config.ts";
import { ElementStatistics } from "../univariate/element-statistics.ts";
import type { UnivariateStatistics } from "../univariate/univariate-statistics.ts";

/** Statistics of independent normals. */
export function normalStatistics(
  name: string,
  distribution: Pick<Distribution, "batchShape" | "eventShape">,
  { mean, scale }: { readonly mean: ArrayLike<number>; readonly scale: ArrayLike<number> },
): ElementStatistics<readonly [mean: number, scale: number]> {
  const elements = Array.from(mean, (m, i) => [m, scale[i] as number] as const);
  return new ElementStatistics(name, distribution, elements, {
    ends: () => [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    cdf: (x, [m, s]) => normalCdf((x - m) / s),
    icdf: (u, [m, s]) => m + s * normalQuantile(u),
    mean: ([m]) => m,
    variance: ([, s]) => s ** 2,
    entropy: ([, s]) => 0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(s),
  });
}

/** The event: `features` numbers in a row, or any `shape` (`[]`: one number). */
export type StandardNormalOptions = { readonly features: number } | { readonly shape: Shape };

/**
 * Independent standard normals, `log p(x) = −½ Σ (xᵢ² + ln 2π)`.
 *
 * @throws {OptionError} `features` or an axis of `shape` is not a positive integer.
 * @example
 * const base = new StandardNormal({ features: 2 });
 * base.logProb([0, 0]); // → -1.8379
 */
export class StandardNormal implements Distribution, UnivariateStatistics {
  readonly batchShape: Shape = [];
  readonly eventShape: Shape;

  constructor(options: StandardNormalOptions) {
    checkOptions("StandardNormal", options, { features: true, shape: true });
    if ("features" in options) {
      this.eventShape = [checkFeatures("StandardNormal", options.features)];
    } else {
      for (const axis of options.shape) checkAxis("StandardNormal", axis);
      this.eventShape = [...options.shape];
    }
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "StandardNormal.logProb");
      checkEvent("StandardNormal.logProb", value.shape, this);
      return standardNormalLogProb(value, this.eventShape.length);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    requireSampling("StandardNormal.sample", key, sampleShape);
    const shape = [...sampleShape, ...this.eventShape];
    return standardNormal(key, shape);
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    const sample = this.sample(key, sampleShape);
    return [sample, this.logProb(sample)];
  }

  cdf(x: TensorLike): tf.Tensor {
    return this.statistics().cdf(x);
  }

  icdf(p: TensorLike): tf.Tensor {
    return this.statistics().icdf(p);
  }

  mean(): tf.Tensor {
    return this.statistics().mean();
  }

  variance(): tf.Tensor {
    return this.statistics().variance();
  }

  entropy(): tf.Tensor {
    return this.statistics().entropy();
  }

  lower(plan: PlanBuilder, value: PlanMatrix): readonly PlanMatrix[] {
    checkPlanColumns("StandardNormal", value, sizeOf(this.eventShape));
    return [standardNormalLogProbStep(plan, value)];
  }

  lowerSample(): SampleRecipe {
    return { kind: "normal", columns: sizeOf(this.eventShape) };
  }

  private statistics(): UnivariateStatistics {
    const ones = new Float64Array(sizeOf(this.eventShape)).fill(1);
    return normalStatistics("StandardNormal", this, { mean: ones.map(() => 0), scale: ones });
  }
}

/** Codec of {@link StandardNormal}. */
export const standardNormalCodec: Codec<StandardNormal, { readonly shape: readonly number[] }> = defineCodec({
  type: "pushforward/standard-normal",
  version: 1,
  is: (value): value is StandardNormal => value instanceof StandardNormal,
  encode: (value) => ({ shape: [...value.eventShape] }),
  decode: (config) => {
    const c = new ConfigReader("pushforward/standard-normal", config);
    const shape = c.counts("shape");
    c.end();
    return new StandardNormal({ shape });
  },
});

// What distributions with a location and a full scale matrix share: their fixed numbers, checked and in float64.

/** A location and a matrix as they are given; the matrix or its lower Cholesky factor, the identity without either. */
export interface LocationScaleOptions {
  readonly features?: number | undefined;
  /** `[...batch, features]`. Default: 0. */
  readonly location?: TensorLike | undefined;
  /** `[...batch, features, features]`, symmetric and positive definite. */
  readonly matrix?: TensorLike | undefined;
  readonly scaleTril?: TensorLike | undefined;
}

/** A location μ, the lower factor L of a matrix L Lᵀ, and W = L⁻¹, in float64. */
export interface LocationScale {
  /** `[...batch, features]`. */
  readonly shape: Shape;
  readonly location: Float64Array;
  /** `[...batch of the matrices, features, features]`. */
  readonly factorShape: Shape;
  readonly factor: Float64Array;
  readonly whitening: Float64Array;
  /** `ln det W` of each matrix. */
  readonly logDetWhitening: Float64Array;
}

/** Checks the numbers and computes the factors; `names` are option names for errors. */
export function fixedLocationScale(
  where: string,
  options: LocationScaleOptions,
  names: { readonly location: string; readonly matrix: string },
): LocationScale {
  const location = hostArray(options.location ?? 0, `${where} ${names.location}`);
  const given = options.matrix ?? options.scaleTril;
  const matrices = given === undefined ? undefined : hostArray(given, `${where} ${names.matrix}`);
  const features: Shape = options.features === undefined ? [] : [checkFeatures(where, options.features)];
  const n = matrices?.shape.at(-1) ?? location.shape.at(-1) ?? features[0] ?? 0;
  if (n < 1 || (matrices !== undefined && (matrices.shape.length < 2 || matrices.shape.at(-2) !== n))) {
    const got = matrices === undefined ? "none" : formatShape(matrices.shape);
    throw new ShapeError(`${where}: expected a square matrix of at least one feature, got ${got}.`);
  }
  const square = matrices ?? identity(n);
  const batchOfFactor = square.shape.slice(0, -2);
  let shape: Shape | undefined = [...batchOfFactor, n];
  for (const other of [location.shape, features]) shape = shape && broadcastShapes(shape, other);
  if (shape === undefined || shape.at(-1) !== n) {
    throw new ShapeError(
      `${where}: expected a ${names.location} that fits ${formatShape([...batchOfFactor, n])}, got ` +
        `${formatShape(location.shape)}.`,
    );
  }
  const factor = eachMatrix(square.values, n, (matrix) =>
    options.matrix !== undefined ? choleskyFactor(where, matrix, n) : checkLowerFactor(where, matrix, n),
  );
  return {
    shape,
    location: broadcastValues(location, shape),
    factorShape: square.shape,
    factor,
    whitening: eachMatrix(factor, n, (matrix) => invertLower(matrix, n)),
    logDetWhitening: Float64Array.from(
      { length: factor.length / (n * n) },
      (_, b) => -logDiagonalSum(factor.subarray(b * n * n, (b + 1) * n * n), n),
    ),
  };
}

/** `A v` for each row v `[..., n]` and each matrix A `[...batch, n, n]`. */
export function transformRows(rows: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  const n = matrix.shape.at(-1) as number;
  if (matrix.rank === 2) return tf.reshape(matMul(tf.reshape(rows, [-1, n]), tf.transpose(matrix)), rows.shape);
  return sumRightmost(tf.mul(tf.expandDims(rows, -2), matrix), 1);
}

/** The identity matrix. */
export function identity(n: number): HostArray {
  return { shape: [n, n], values: Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)) };
}
