import { DomainError } from "../errors/errors.ts";

/** A lower triangular matrix with a positive diagonal, row-major. */
export type LowerFactor = Float64Array;

/** A lower Cholesky factor as it was given; refuses what is none. */
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
