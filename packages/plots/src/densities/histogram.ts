/** Counts in equal bins over [low, high], as a density (area 1 over all finite values, also values outside). */
export interface Histogram {
  /** `counts.length + 1` borders. */
  readonly edges: Float64Array;
  readonly density: Float64Array;
}

/** Makes a histogram; values outside [low, high] and non-finite ones fall in no bin. */
export function histogram(values: ArrayLike<number>, low: number, high: number, bins: number): Histogram {
  const edges = new Float64Array(bins + 1);
  for (let i = 0; i <= bins; i++) edges[i] = low + ((high - low) * i) / bins;
  const density = new Float64Array(bins);
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    total += 1;
    if (value < low || value > high) continue;
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    density[bin] = (density[bin] as number) + 1;
  }
  const unit = total === 0 ? 0 : bins / (total * (high - low));
  for (let i = 0; i < bins; i++) density[i] = (density[i] as number) * unit;
  return { edges, density };
}

// Interquartile range of a normal over the width of its shortest interval with a quarter of the mass.
const QUARTER_TO_HALF = 2.12;

/**
 * Number of bins over [low, high], in [8, 60], by the rule of Freedman and Diaconis (1981). The interquartile range is
 * estimated from the shortest interval that contains a quarter of the values. The estimate is equal for a unimodal
 * distribution, and stays correct for a bimodal one.
 */
export function binCount(sorted: Float64Array, low: number, high: number): number {
  const count = sorted.length;
  if (count < 8) return 8;
  const steps = Math.ceil(count / 4) - 1;
  let shortest = Infinity;
  for (let i = 0; i + steps < count; i++) {
    shortest = Math.min(shortest, (sorted[i + steps] as number) - (sorted[i] as number));
  }
  if (!(shortest > 0)) return 20;
  const width = 2 * QUARTER_TO_HALF * shortest * count ** (-1 / 3);
  return Math.max(8, Math.min(60, Math.round((high - low) / width)));
}

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
 * Counts pairs in 48 × 48 bins and smooths the counts by a Gaussian of about one bin and a quarter. Non-finite pairs
 * and pairs outside the domains are not counted. Without any pair the result is `undefined`.
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
