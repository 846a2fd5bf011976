import type { BinnedFeature, TreeFeature } from "./tree-feature.ts";

/** Most bins of numbers, and most categories with a bin of their own. */
const MOST_BINS = 256;

/**
 * Puts the values of a column into bins: numbers into at most 256 of equal mass, one for each value where they are few;
 * categories into one each, where rare ones of many share one.
 */
export function binFeature(feature: TreeFeature): BinnedFeature {
  return feature.kind === "number" ? binNumbers(feature.values) : binCategories(feature.values);
}

function binNumbers(values: Float64Array): BinnedFeature {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = distinctOf(sorted);
  const starts = distinct.length <= MOST_BINS ? distinct : quantilesOf(sorted);
  const missing = starts.length;
  const bins = Uint16Array.from(values, (value) => (Number.isNaN(value) ? missing : binAt(starts, value)));
  return { kind: "number", bins, count: missing + 1 };
}

function binCategories(codes: Int32Array): BinnedFeature {
  const most = codes.reduce((max, code) => Math.max(max, code), 0);
  if (most < MOST_BINS) return { kind: "category", bins: Uint16Array.from(codes), count: most + 1 };
  const counts = new Int32Array(most + 1);
  for (const code of codes) counts[code] = (counts[code] as number) + 1;
  const byCount = Array.from(counts, (count, code) => [count, code] as const).sort(
    (a, b) => b[0] - a[0] || a[1] - b[1],
  );
  const places = new Int32Array(most + 1).fill(MOST_BINS - 1);
  for (const [place, [, code]] of byCount.slice(0, MOST_BINS - 1).entries()) places[code] = place;
  return { kind: "category", bins: Uint16Array.from(codes, (code) => places[code] as number), count: MOST_BINS };
}

function distinctOf(sorted: Float64Array): Float64Array {
  return sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
}

/** The smallest values of bins of equal mass. */
function quantilesOf(sorted: Float64Array): Float64Array {
  return distinctOf(
    Float64Array.from({ length: MOST_BINS }, (_, i) => sorted[Math.floor((i * sorted.length) / MOST_BINS)] as number),
  );
}

/** The last bin that starts at or below a value. */
function binAt(starts: Float64Array, value: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
