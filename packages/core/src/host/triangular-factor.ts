import { DomainError } from "../errors/errors.ts";

/** A lower triangular matrix with a positive diagonal, row-major. */
export type LowerFactor = Float64Array;

/** Returns a valid lower Cholesky factor unchanged and refuses any other matrix. */
export function checkLowerFactor(where: string, matrix: LowerFactor, n: number): LowerFactor {
  for (let i = 0; i < n; i++) {
    const pivot = matrix[i * n + i] as number;
    if (pivot <= 0)
      throw new DomainError(`${where}: expected a positive diagonal of scaleTril, got ${pivot} in row ${i}.`);
    for (let j = i + 1; j < n; j++) {
      const above = matrix[i * n + j] as number;
      if (above !== 0) {
        throw new DomainError(
          `${where}: expected zeros above the diagonal of scaleTril, got ${above} at [${i}, ${j}].`,
        );
      }
    }
  }
  return matrix;
}

/** L⁻¹ of a lower triangular L with a positive diagonal. */
export function invertLower(factor: LowerFactor, n: number): LowerFactor {
  const inverse = new Float64Array(n * n);
  // Whole rows at a time: columns of a large matrix are far apart in memory.
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, i * n + i + 1);
    row[i] = 1;
    for (let k = 0; k < i; k++) {
      const value = factor[i * n + k] as number;
      const above = inverse.subarray(k * n, k * n + k + 1);
      for (let j = 0; j <= k; j++) row[j] = (row[j] as number) - value * (above[j] as number);
    }
    const pivot = factor[i * n + i] as number;
    for (let j = 0; j <= i; j++) row[j] = (row[j] as number) / pivot;
  }
  return inverse;
}

/** `Σ ln Lᵢᵢ`. */
export function logDiagonalSum(factor: LowerFactor, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(factor[i * n + i] as number);
  return sum;
}

/** Maps each of a stack of matrices `[count, n, n]`. */
export function eachMatrix(stack: Float64Array, n: number, map: (matrix: Float64Array) => Float64Array): Float64Array {
  const result = new Float64Array(stack.length);
  for (let at = 0; at < stack.length; at += n * n) result.set(map(stack.subarray(at, at + n * n)), at);
  return result;
}

/**
 * The Cholesky factor of a covariance: the lower triangular L with `Σ = L Lᵀ`, row-major like Σ, in float64.
 *
 * @param where begins the error messages.
 * @param n number of rows and columns.
 * @param leastShare smallest share of the variance of a column that the columns before it may leave unexplained.
 * Default: the share that rounding can leave.
 * @throws {DomainError} the matrix is not symmetric, or not positive definite by that share.
 * @example
 * choleskyFactor("me", Float64Array.of(4, 2, 2, 5), 2); // → [2, 0, 1, 2]
 */
export function choleskyFactor(
  where: string,
  covariance: Float64Array,
  n: number,
  leastShare: number = n * Number.EPSILON,
): Float64Array {
  checkSymmetric(where, covariance, n);
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = ((covariance[i * n + j] as number) + (covariance[j * n + i] as number)) / 2;
      const size = Math.abs(sum);
      for (let k = 0; k < j; k++) sum -= (factor[i * n + k] as number) * (factor[j * n + k] as number);
      if (i === j) {
        // Rounding can leave a tiny positive pivot where the exact one is 0.
        if (!(sum > leastShare * size)) {
          throw new DomainError(
            `${where}: expected a positive definite covariance, got a pivot of ${sum} in row ${i}. ` +
              "Drop columns that depend on each other, or add a small number to the diagonal.",
          );
        }
        factor[i * n + i] = Math.sqrt(sum);
      } else {
        factor[i * n + j] = sum / (factor[j * n + j] as number);
      }
    }
  }
  return factor;
}

function checkSymmetric(where: string, matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const below = matrix[i * n + j] as number;
      const above = matrix[j * n + i] as number;
      // A covariance computed in float32 differs from its transpose by its rounding, relative to the two variances.
      const unit = Math.sqrt(Math.abs((matrix[i * n + i] as number) * (matrix[j * n + j] as number)));
      if (Math.abs(below - above) > 1e-6 * unit) {
        throw new DomainError(
          `${where}: expected a symmetric covariance, got ${above} at [${j}, ${i}] and ${below} at [${i}, ${j}].`,
        );
      }
    }
  }
}
