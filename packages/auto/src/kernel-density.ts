import type { NdArray } from "@pushforward/core";

/** Bandwidths that are tried, in standard deviations. */
const BANDWIDTHS = Array.from({ length: 24 }, (_, i) => 0.02 * 1.25 ** i);

/** Training rows that are used at most: the work is rows times rows. */
const MOST_ROWS = 20_000;

/**
 * The negative mean log-density of some rows under a kernel density estimate, `p(y) = Σᵢ N(y; xᵢ, h² I) / n`, in nats a
 * row, with the bandwidth h that is best on these rows.
 */
export function kernelDensityNll(train: NdArray, rows: NdArray): number {
  const [all, columns] = train.shape as unknown as readonly [number, number];
  const count = rows.shape[0] as number;
  const n = Math.min(all, MOST_ROWS);
  const sums = new Float64Array(BANDWIDTHS.length);
  const squares = new Float64Array(n);
  for (let i = 0; i < count; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < n; k++) {
      const from = Math.floor((k * all) / n) * columns;
      let square = 0;
      for (let j = 0; j < columns; j++) {
        const difference = (rows.data[i * columns + j] as number) - (train.data[from + j] as number);
        square += difference * difference;
      }
      squares[k] = square;
      if (square < least) least = square;
    }
    for (const [b, bandwidth] of BANDWIDTHS.entries()) {
      const factor = -0.5 / (bandwidth * bandwidth);
      let sum = 0;
      for (let k = 0; k < n; k++) {
        const exponent = factor * ((squares[k] as number) - least);
        if (exponent > -40) sum += Math.exp(exponent);
      }
      sums[b] = (sums[b] as number) + Math.log(sum) + factor * least - columns * Math.log(bandwidth);
    }
  }
  const constant = Math.log(n) + 0.5 * columns * Math.log(2 * Math.PI);
  return constant - Math.max(...sums) / count;
}
