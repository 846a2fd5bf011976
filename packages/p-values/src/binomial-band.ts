import { logGamma } from "@pushforward/ops";

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
