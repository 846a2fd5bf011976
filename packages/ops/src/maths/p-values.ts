import { logGamma } from "./log-gamma.ts";
import { regularizedGamma } from "./regularized-gamma.ts";

/** P(X > x) of a χ² distribution with `degrees` degrees of freedom, the regularized upper incomplete gamma function. */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? 0 : 1;
  return regularizedGamma(degrees / 2, x / 2).upper;
}

/**
 * p-value of a Kolmogorov–Smirnov statistic of n values; of two samples, n is `n₁n₂/(n₁ + n₂)`. Asymptotic series with
 * Stephens' (1970) correction for finite n.
 */
export function kolmogorovTail(statistic: number, n: number): number {
  return limitingTail((Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n)) * statistic);
}

// Q(λ) = 2 Σ (−1)^(k−1) exp(−2k²λ²), or its theta-function transform where that converges faster.
function limitingTail(lambda: number): number {
  if (lambda < 1.18) {
    if (lambda < 0.05) return 1;
    const t = Math.exp((-Math.PI * Math.PI) / (8 * lambda * lambda));
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * (t + t ** 9 + t ** 25 + t ** 49);
  }
  const t = Math.exp(-2 * lambda * lambda);
  return 2 * (t - t ** 4 + t ** 9);
}

/**
 * p-value of the Kolmogorov–Smirnov test that sorted samples come from a continuous distribution, from the values of its
 * cdf at the samples.
 */
export function kolmogorovSmirnov(cdfAtSorted: ArrayLike<number>): { statistic: number; pValue: number } {
  const n = cdfAtSorted.length;
  let statistic = 0;
  for (let i = 0; i < n; i++) {
    const value = cdfAtSorted[i] as number;
    if (Number.isNaN(value)) return { statistic: 1, pValue: 0 };
    statistic = Math.max(statistic, value - i / n, (i + 1) / n - value);
  }
  return { statistic, pValue: kolmogorovTail(statistic, n) };
}

/** Smallest and largest count of a binomial distribution that leave at most `(1 − level)/2` of the mass beyond each. */
export function binomialBand(trials: number, probability: number, level: number): [low: number, high: number] {
  if (probability <= 0) return [0, 0];
  if (probability >= 1) return [trials, trials];
  const tail = (1 - level) / 2;
  const logOdds = Math.log(probability) - Math.log1p(-probability);
  const front = logGamma(trials + 1) + trials * Math.log1p(-probability);
  let [sum, low] = [0, -1];
  for (let k = 0; k <= trials; k++) {
    const above = sum;
    sum += Math.exp(front - logGamma(k + 1) - logGamma(trials - k + 1) + k * logOdds);
    // P(X < k) ≤ tail < P(X ≤ k): the quantile of the lower tail.
    if (low < 0 && sum > tail && above <= tail) low = k;
    if (sum >= 1 - tail) return [low, k];
  }
  return [Math.max(low, 0), trials];
}
