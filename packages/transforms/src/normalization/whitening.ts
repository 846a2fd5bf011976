import { DataError, type RowsLike, readMatrix } from "@pushforward/core";
import { AffineElementwise } from "../affine-elementwise.ts";
import type { Chain } from "../chain.ts";
import { chain } from "../chain.ts";
import { TriangularLinear } from "../linear/triangular-linear.ts";
import { rawScale } from "../positive-scale.ts";

/**
 * A learnable layer that starts where rows have mean 0 and covariance I on the side of the base, the data-dependent start of a flow:
 * `x = m + L u` with the mean m of the rows and the Cholesky factor L of their covariance (PCA differs from it by a rotation, which a
 * normal base does not see). With `"diagonal"` it is the start of ActNorm (Kingma and Dhariwal 2018, arXiv:1807.03039): means and
 * standard deviations alone.
 *
 * @param rows `[n, features]`, finite.
 * @param method `"full"` (default) or `"diagonal"`.
 * @throws {DataError} fewer than 2 rows, a constant column, or, of the full covariance, columns that depend on others linearly.
 * @example
 * const layer = whitening([[1, 2], [2, 5], [4, 6]]);
 */
export function whitening(rows: RowsLike, method: "full" | "diagonal" = "full"): Chain {
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
  const factor = cholesky(n, (i, j) => covariance(i, j) / ((sd[i] as number) * (sd[j] as number)));
  const linear = new TriangularLinear({ features: n });
  linear
    .parameters()
    .get("weight")
    ?.write(
      Float64Array.from({ length: n * n }, (_, at) => {
        const [row, column] = [Math.floor(at / n), at % n];
        const value = factor[at] as number;
        if (row === column) return rawScale(value);
        return row > column ? value / (factor[column * n + column] as number) : 0;
      }),
    );
  return chain([linear, units]);
}

/** The smallest share of a column's variance that others leave. */
const LEAST = 1e-10;

/** The lower factor of a matrix of correlations. */
function cholesky(n: number, entry: (i: number, j: number) => number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = entry(i, j);
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
      if (i === j && !(sum > LEAST)) {
        throw new DataError(`whitening: expected columns of full rank, got column ${i} that others determine.`);
      }
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / (l[j * n + j] as number);
    }
  }
  return l;
}
