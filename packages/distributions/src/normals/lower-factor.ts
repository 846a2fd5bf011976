/** The lower L with Σ = L Lᵀ of a covariance whose diagonal has been added to: it is positive definite. */
export function lowerFactor(covariance: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = covariance[i * n + j] as number;
      const size = Math.abs(sum);
      for (let k = 0; k < j; k++) sum -= (factor[i * n + k] as number) * (factor[j * n + k] as number);
      // Rounding may take more than was there: what is left is then that rounding.
      if (i === j) factor[i * n + i] = Math.sqrt(Math.max(sum, size * n * Number.EPSILON, Number.MIN_VALUE));
      else factor[i * n + j] = sum / (factor[j * n + j] as number);
    }
  }
  return factor;
}
