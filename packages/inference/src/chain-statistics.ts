/** States of several chains: `values[step · chains + chain]`. */
export interface ChainValues {
  readonly values: Float64Array;
  readonly chains: number;
}

/** How well chains agree on one number. */
export interface ChainStatistics {
  /** Split R̂ (Gelman et al. 2013, Bayesian Data Analysis, §11.4): 1 where all halves of all chains agree. */
  readonly rHat: number;
  /** Effective number of independent draws, by the initial monotone sequence (Geyer 1992), as in the same book, §11.5. */
  readonly ess: number;
}

/**
 * R̂ and effective sample size of a quantity of which chains have values. NaN where there are fewer than 4 steps, or no
 * chain has moved.
 */
export function chainStatistics({ values, chains }: ChainValues): ChainStatistics {
  const half = Math.floor(values.length / chains / 2);
  if (half < 2) return { rHat: Number.NaN, ess: Number.NaN };
  const count = 2 * chains;
  const last = values.length / chains;
  // Each chain is two: its first and its last half.
  const at = (m: number, t: number): number => {
    const step = m < chains ? t : last - half + t;
    return values[step * chains + (m % chains)] as number;
  };
  const means = Float64Array.from({ length: count }, (_, m) => {
    let sum = 0;
    for (let t = 0; t < half; t++) sum += at(m, t);
    return sum / half;
  });
  const center = means.reduce((a, b) => a + b, 0) / count;
  const between = (half / (count - 1)) * means.reduce((sum, mean) => sum + (mean - center) ** 2, 0);
  /** The mean over the chains of `Σ (x_t − x̄)(x_{t+lag} − x̄)`, over `half`. */
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let m = 0; m < count; m++) {
      const mean = means[m] as number;
      for (let t = 0; t + lag < half; t++) sum += (at(m, t) - mean) * (at(m, t + lag) - mean);
    }
    return sum / (count * half);
  };
  const within = (covariance(0) * half) / (half - 1);
  const total = ((half - 1) / half) * within + between / half;
  if (!(within > 0)) return { rHat: Number.NaN, ess: Number.NaN };
  const correlation = (lag: number): number => 1 - (within - covariance(lag)) / total;
  let time = -1;
  let previous = Number.POSITIVE_INFINITY;
  for (let lag = 0; lag + 1 < half; lag += 2) {
    const pair = Math.min(previous, correlation(lag) + correlation(lag + 1));
    if (pair <= 0) break;
    time += 2 * pair;
    previous = pair;
  }
  return { rHat: Math.sqrt(total / within), ess: (count * half) / Math.max(time, 1 / Math.log10(count * half)) };
}
