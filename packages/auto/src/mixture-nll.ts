import { logSumExp } from "@pushforward/core/plain";

/** The negative mean log-density of rows under a mixture, from the log-densities of its components; in nats per row. */
export function mixtureNll(logProbs: readonly Float64Array[], weights: readonly number[]): number {
  const used = logProbs.flatMap((logProb, k) => (weights[k] === 0 ? [] : [{ logProb, weight: weights[k] as number }]));
  const rows = logProbs[0]?.length ?? 0;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const terms = used.map(({ logProb, weight }) => (logProb[i] as number) + Math.log(weight));
    sum -= logSumExp(terms);
  }
  return sum / rows;
}

/** The mean of numbers. */
export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The place of the least number; NaN is greater than all. */
export function indexOfLeast(values: readonly number[]): number {
  return values.reduce(
    (best, value, i) => (value < (values[best] as number) || Number.isNaN(values[best]) ? i : best),
    0,
  );
}
