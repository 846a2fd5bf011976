/** Counts in equal bins over [low, high], as a density (area 1 over all finite values, also those outside). */
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
 * estimated from the shortest interval that holds a quarter of the values: equal for one hill, and not fooled by two.
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
