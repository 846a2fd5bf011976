/**
 * p-value of a Kolmogorov–Smirnov statistic of n values; of two samples, n is `n₁n₂/(n₁ + n₂)`. Asymptotic series with
 * Stephens' (1970) correction for finite n.
 */
export function kolmogorovTail(statistic: number, n: number): number {
  return tail((Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * statistic);
}

// Q(λ) = 2 Σ (−1)^(k−1) exp(−2k²λ²), or its theta-function transform where that converges faster.
function tail(lambda: number): number {
  if (lambda < 1.18) {
    if (lambda < 0.05) return 1;
    const t = Math.exp((-Math.PI * Math.PI) / (8 * lambda * lambda));
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * (t + t ** 9 + t ** 25 + t ** 49);
  }
  const t = Math.exp(-2 * lambda * lambda);
  return 2 * (t - t ** 4 + t ** 9);
}
