import type { Range } from "./range.ts";

/** At most `most` row numbers, evenly spread over all. */
export function thinned(count: number, most: number): Int32Array {
  const shown = Math.min(count, most);
  return Int32Array.from({ length: shown }, (_, i) => Math.floor((i * count) / shown));
}

/** The interval of some numbers without this share of them at each end, and a margin of its width; never empty. */
export function rangeOf(values: Float64Array, share: number, margin: number): Range {
  const sorted = values.filter(Number.isFinite).sort();
  const at = (p: number): number => sorted[Math.round(p * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(share), at(1 - share)];
  if (!(high > low)) {
    const half = Math.max(1, 1e-6 * Math.abs(low));
    return [low - half, low + half];
  }
  return [low - margin * (high - low), high + margin * (high - low)];
}
