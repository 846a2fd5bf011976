/** A grid of smoothed counts. */
export interface CountGrid {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly density: Float64Array;
}

const BINS = 48;
// Weights of a binomial filter: a Gaussian of standard deviation √1.5 bins with finite reach.
const FILTER = [1, 6, 15, 20, 15, 6, 1].map((weight) => weight / 64);

/**
 * Counts pairs in 48 × 48 bins and smooths them by a Gaussian of about one bin and a quarter. Pairs outside the domains
 * or non-finite count nowhere; without any pair the result is `undefined`.
 */
export function smoothedCounts(
  xs: Float64Array,
  ys: Float64Array,
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
): CountGrid | undefined {
  const counts = new Float64Array(BINS * BINS);
  let total = 0;
  for (let i = 0; i < xs.length; i++) {
    const column = binOf(xs[i] as number, xDomain);
    const row = binOf(ys[i] as number, yDomain);
    if (column < 0 || row < 0) continue;
    counts[row * BINS + column] = (counts[row * BINS + column] as number) + 1;
    total += 1;
  }
  if (total === 0) return undefined;
  return { x: centers(xDomain), y: centers(yDomain), density: filtered(filtered(counts, 1), BINS) };
}

function binOf(value: number, [low, high]: readonly [number, number]): number {
  if (!(value >= low && value <= high)) return -1;
  return Math.min(BINS - 1, Math.floor(((value - low) / (high - low)) * BINS));
}

function centers([low, high]: readonly [number, number]): Float64Array {
  return new Float64Array(BINS).map((_, i) => low + ((high - low) * (i + 0.5)) / BINS);
}

function filtered(values: Float64Array, stride: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const position = Math.floor(k / stride) % BINS;
    for (const [j, weight] of FILTER.entries()) {
      // What would leave the grid is kept at its border, so that no count is lost.
      const target = Math.min(BINS - 1, Math.max(0, position + j - 3));
      const at = k + (target - position) * stride;
      out[at] = (out[at] as number) + weight * (values[k] as number);
    }
  }
  return out;
}
