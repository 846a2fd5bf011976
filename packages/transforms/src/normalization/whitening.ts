import { DataError, DomainError, type RowsLike } from "@pushforward/core";
import { readMatrix } from "@pushforward/core/extend";
import { choleskyFactor } from "@pushforward/core/plain";
import { type Chain, chain } from "../combinators/chain.ts";
import { AffineElementwise } from "../elementwise/affine-elementwise.ts";
import { Diagonal } from "../linear/diagonal.ts";
import { HouseholderLinear } from "../linear/householder-linear.ts";
import { TriangularLinear } from "../linear/triangular-linear.ts";
import { rawScale } from "../positive-scale.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

/**
 * A learnable layer that starts where rows have mean 0 and covariance I on the side of the base, the data-dependent start of a flow:
 * `x = m + L u` with the mean m of the rows and a root L of their covariance, `Σ = L Lᵀ`.
 *
 * - `"full"`: L is the Cholesky factor, a learnable triangular matrix.
 * - `"pca"`: `L = D V Λ^½` with the standard deviations D and the eigenvectors V and eigenvalues Λ of the correlations, the
 *   largest first: learnable scales, then a learnable rotation. The base variables are the principal components of the
 *   standardized columns. It differs from the Cholesky factor by a rotation, which a normal base does not see; layers that
 *   treat variables one after the other do.
 * - `"diagonal"`: means and standard deviations alone, the start of ActNorm (Kingma and Dhariwal 2018, arXiv:1807.03039).
 *
 * @param rows `[n, features]`, finite.
 * @param method `"full"` (default), `"pca"` or `"diagonal"`.
 * @throws {DataError} fewer than 2 rows, or a constant column.
 * @throws {DomainError} but for `"diagonal"`: columns that depend on others linearly.
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

/** The smallest share of a column's variance that others leave, and of the variance of a principal component. */
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
 * Vectors of reflections whose product is an orthogonal matrix but for the signs of its columns, which principal components
 * are free of: each reflection takes one column to its axis.
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
