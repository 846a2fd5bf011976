import { normalTail } from "@pushforward/p-values";
import type { ValueCounts } from "./value-counts.ts";

/** Intervals between knots. */
const INTERVALS = 96;

/**
 * Knots of a smooth distribution function of few values between two ends: a sum of normal kernels of one width, that of
 * Silverman (1986), `0.9 min(σ, IQR/1.34) n^(−1/5)`, cut off at the ends.
 */
export function kernelKnots(
  { values, counts }: ValueCounts,
  low: number,
  high: number,
): { readonly knots: number[]; readonly cumulative: number[] } {
  const width = kernelWidth({ values, counts });
  const sumAt = (x: number): number => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      sum += (counts[i] as number) * normalTail(((values[i] as number) - x) / width);
    }
    return sum;
  };
  const [from, to] = [sumAt(low), sumAt(high)];
  const knots = Array.from({ length: INTERVALS + 1 }, (_, k) => low + ((high - low) * k) / INTERVALS);
  knots[INTERVALS] = high;
  const cumulative = knots.map((x) => (sumAt(x) - from) / (to - from));
  cumulative[0] = 0;
  cumulative[INTERVALS] = 1;
  return { knots, cumulative };
}

function kernelWidth({ values, counts }: ValueCounts): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += ((values[i] as number) * (counts[i] as number)) / total;
  let variance = 0;
  for (let i = 0; i < values.length; i++) {
    variance += (((values[i] as number) - mean) ** 2 * (counts[i] as number)) / total;
  }
  const quantile = (share: number): number => {
    let sum = 0;
    let i = 0;
    while (i < values.length - 1 && sum + (counts[i] as number) < share * total) sum += counts[i++] as number;
    return values[i] as number;
  };
  const deviation = Math.sqrt(variance);
  const spread = (quantile(0.75) - quantile(0.25)) / 1.34;
  return 0.9 * (spread > 0 ? Math.min(spread, deviation) : deviation) * total ** -0.2;
}
