import { softmax } from "./numbers.ts";
import { invertLower } from "./triangular-factor.ts";

/** The numbers of a Gaussian mixture: `[K]`, `[K, d]` and `[K, d, d]`, row-major. */
export interface MixtureNumbers {
  readonly components: number;
  readonly features: number;
  /** Not negative, with sum 1. */
  readonly weights: Float64Array;
  readonly means: Float64Array;
  /** Lower Cholesky factors of the covariances. */
  readonly scaleTrils: Float64Array;
}

/** Parameter values of Gaussians, `z = A·W·(x − mean) + shift`, as in `GaussianMixtureStep`. */
export interface GaussianArrays {
  readonly logits: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly whitening: ArrayLike<number>;
  readonly correction?:
    | {
        readonly logDiagonal: ArrayLike<number>;
        readonly offDiagonal: ArrayLike<number>;
        readonly shift: ArrayLike<number>;
      }
    | undefined;
}

/** Weights, means and Cholesky factors of Gaussians, in float64. */
export function gaussianNumbers(n: number, { logits, mean, whitening, correction }: GaussianArrays): MixtureNumbers {
  const count = logits.length;
  const means = Float64Array.from(mean);
  const matrices = Float64Array.from(whitening);
  const scaleTrils = new Float64Array(count * n * n);
  for (let k = 0; k < count; k++) {
    const own = matrices.subarray(k * n * n, (k + 1) * n * n);
    const matrix = correction === undefined ? own : corrected(own, correction, k, n);
    const factor = invertLower(matrix, n);
    scaleTrils.set(factor, k * n * n);
    if (correction === undefined) continue;
    // z = V (x − m) + b is 0 at the mean.
    for (let i = 0; i < n; i++) {
      let moved = 0;
      for (let j = 0; j <= i; j++) moved += (factor[i * n + j] as number) * (correction.shift[k * n + j] as number);
      means[k * n + i] = (means[k * n + i] as number) - moved;
    }
  }
  return { components: count, features: n, weights: softmax(logits), means, scaleTrils };
}

/** V = A·W of component k. */
function corrected(
  whitening: Float64Array,
  { logDiagonal, offDiagonal }: { readonly logDiagonal: ArrayLike<number>; readonly offDiagonal: ArrayLike<number> },
  k: number,
  n: number,
): Float64Array {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = Math.exp(logDiagonal[k * n + i] as number) * (whitening[i * n + j] as number);
      for (let l = j; l < i; l++)
        sum += (offDiagonal[(k * n + i) * n + l] as number) * (whitening[l * n + j] as number);
      product[i * n + j] = sum;
    }
  }
  return product;
}
