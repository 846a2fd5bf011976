import type { MixtureNumbers } from "@pushforward/distributions";
import { logSum } from "./log-sum.ts";

/** The mean over features of their log-densities, each alone, for rows `[rows, width]` of a mixture plus normal noise. */
export function meanMarginalLogProb(mixture: MixtureNumbers, variance: number, rows: Float64Array): Float64Array {
  const { components, features: d, weights, means, scaleTrils } = mixture;
  const spreads = new Float64Array(components * d);
  for (let at = 0; at < spreads.length; at++) {
    const from = at * d;
    let sum = variance;
    for (let c = 0; c <= at % d; c++) sum += (scaleTrils[from + c] as number) ** 2;
    spreads[at] = sum;
  }
  const logWeights = weights.map((weight) => Math.log(weight));
  const offsets = spreads.map(
    (spread, at) => (logWeights[Math.floor(at / d)] as number) - 0.5 * Math.log(2 * Math.PI * spread),
  );
  const halfPrecisions = spreads.map((spread) => 0.5 / spread);
  const terms = new Float64Array(components);
  return Float64Array.from({ length: rows.length / d }, (_, row) => {
    let total = 0;
    for (let j = 0; j < d; j++) {
      const x = rows[row * d + j] as number;
      for (let k = 0; k < components; k++) {
        const at = k * d + j;
        const distance = x - (means[at] as number);
        terms[k] = (offsets[at] as number) - distance * distance * (halfPrecisions[at] as number);
      }
      total += logSum(terms) / d;
    }
    return total;
  });
}
