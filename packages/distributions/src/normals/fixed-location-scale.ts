// What distributions with a location and a full scale matrix share: their fixed numbers, checked and in float64.

import { type Shape, ShapeError, type TensorLike } from "@pushforward/core";
import { broadcastShapes, formatShape } from "@pushforward/core/extend";
import { checkLowerFactor, choleskyFactor, eachMatrix, invertLower, logDiagonalSum } from "@pushforward/core/plain";
import { matMul, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../config/event-shape.ts";
import { broadcastValues, type HostArray, hostArray } from "../config/host-array.ts";

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

/** Checks the numbers and computes the factors; `names` are those of the options in errors. */
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
