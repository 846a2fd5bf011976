/** A χ² statistic and its degrees of freedom. */
export interface ChiSquared {
  readonly statistic: number;
  readonly degrees: number;
}

/** Cells that expect fewer draws are counted together, as the χ² approximation wants. */
const FEWEST_EXPECTED = 5;

/**
 * The χ² statistic of the counts of `n` draws against probabilities, which are divided by their sum.
 *
 * @param slack difference of a probability that is excused in each cell. Default: 0.
 */
export function pooledChiSquared(counts: Float64Array, probabilities: Float64Array, n: number, slack = 0): ChiSquared {
  const total = probabilities.reduce((a, b) => a + b, 0);
  const termOf = (count: number, expected: number): number =>
    Math.max(0, Math.abs(count - expected) - n * slack) ** 2 / Math.max(expected, 1e-12);
  let statistic = 0;
  let cells = 0;
  let rareCount = 0;
  let rareExpected = 0;
  for (const [i, probability] of probabilities.entries()) {
    const expected = (n * probability) / total;
    if (expected < FEWEST_EXPECTED) {
      rareCount += counts[i] as number;
      rareExpected += expected;
      continue;
    }
    statistic += termOf(counts[i] as number, expected);
    cells++;
  }
  if (rareExpected >= 1 || rareCount > 0) {
    statistic += termOf(rareCount, rareExpected);
    cells++;
  }
  return { statistic, degrees: Math.max(1, cells - 1) };
}
