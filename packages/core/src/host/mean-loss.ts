// The loss `−Σ weights · logProb / n` of n rows, and what it is differentiated from; without weights they are 1.

/** Its gradient by the log-densities. */
export function meanLossSeed(n: number, weights: ArrayLike<number> | undefined): Float32Array {
  const seed = new Float32Array(n).fill(-1 / n);
  if (weights !== undefined) for (let i = 0; i < n; i++) seed[i] = -(weights[i] as number) / n;
  return seed;
}

/** The loss itself, summed in float64. */
export function meanLoss(logProb: ArrayLike<number>, n: number, weights: ArrayLike<number> | undefined): number {
  let sum = 0;
  if (weights === undefined) for (let i = 0; i < n; i++) sum -= logProb[i] as number;
  else for (let i = 0; i < n; i++) sum -= (weights[i] as number) * (logProb[i] as number);
  return sum / n;
}
