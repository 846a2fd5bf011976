import { kolmogorovTail } from "./kolmogorov-tail.ts";

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
