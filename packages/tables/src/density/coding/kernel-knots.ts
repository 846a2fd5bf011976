import { normalTail } from "@pushforward/ops";

/**
 * Number of knots at equal distances, and of knots at equal shares of the rows: dense regions and long tails both have
 * knots.
 */
const KNOTS = 48;
/** Widths beyond which the tail of a kernel is exactly 0 or 1 in the sum. */
const FAR = 8.5;
/** Mass that is spread evenly between the bounds. */
const EVEN = 1e-11;

/**
 * Knots of a smooth distribution function of few values between two bounds. The function is a sum of normal kernels of
 * one width, as proposed by Silverman (1986), `0.9 min(σ, IQR/1.34) n^(−1/5)`, truncated at the bounds.
 *
 * @param step spacing of the values; the bounds are half a step outside the values. 0 for real numbers.
 */
export function kernelKnots(
  { values, counts }: ValueCounts,
  { low, high, step }: { readonly low: number; readonly high: number; readonly step: number },
): { readonly knots: number[]; readonly cumulative: number[] } {
  const width = kernelWidth({ values, counts });
  /** How many rows have one of the first values. */
  const rowsBefore = new Float64Array(values.length + 1);
  for (const [i, count] of counts.entries()) rowsBefore[i + 1] = (rowsBefore[i] as number) + count;
  const sumAt = (x: number): number => {
    let i = firstFrom(values, x - FAR * width);
    let sum = rowsBefore[i] as number;
    for (; i < values.length; i++) {
      const z = ((values[i] as number) - x) / width;
      if (z > FAR) break;
      sum += (counts[i] as number) * normalTail(z);
    }
    return sum;
  };
  const [from, to] = [sumAt(low), sumAt(high)];
  // Between the cells of a grid, so that no bin has a part of a cell.
  const snapped = (x: number): number => (step > 0 ? low + Math.round((x - low) / step) * step : x);
  const knots = knotsBetween(low, high, (share) => countedQuantile({ values, counts }, share), snapped);
  // A gap that no kernel reaches has a mass, too.
  const even = (x: number): number => (x - low) / (high - low);
  const cumulative = knots.map((x) => (1 - EVEN) * ((sumAt(x) - from) / (to - from)) + EVEN * even(x));
  cumulative[0] = 0;
  cumulative[knots.length - 1] = 1;
  return { knots, cumulative };
}

/** The index of the first of some sorted values that is at least `least`. */
function firstFrom(values: Float64Array, least: number): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((values[middle] as number) < least) from = middle + 1;
    else to = middle;
  }
  return from;
}

function knotsBetween(
  low: number,
  high: number,
  quantileOf: (share: number) => number,
  snapped: (x: number) => number,
): number[] {
  const inner = Array.from({ length: KNOTS - 1 }, (_, k) => (k + 1) / KNOTS);
  const places = [...inner.map((share) => low + (high - low) * share), ...inner.map(quantileOf)].map(snapped);
  places.sort((a, b) => a - b);
  const apart = 1e-4 * (high - low);
  const knots = [low];
  for (const place of places) if (place > (knots.at(-1) as number) + apart && place < high - apart) knots.push(place);
  return [...knots, high];
}

function countedQuantile({ values, counts }: ValueCounts, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  let i = 0;
  while (i < values.length - 1 && sum + (counts[i] as number) < share * total) sum += counts[i++] as number;
  return values[i] as number;
}

function kernelWidth({ values, counts }: ValueCounts): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += ((values[i] as number) * (counts[i] as number)) / total;
  let variance = 0;
  for (let i = 0; i < values.length; i++) {
    variance += (((values[i] as number) - mean) ** 2 * (counts[i] as number)) / total;
  }
  const deviation = Math.sqrt(variance);
  const spread = (countedQuantile({ values, counts }, 0.75) - countedQuantile({ values, counts }, 0.25)) / 1.34;
  return 0.9 * (spread > 0 ? Math.min(spread, deviation) : deviation) * total ** -0.2;
}

/** Distinct values of a column in order, and how often each occurs. */
export interface ValueCounts {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

/** The distinct values of some numbers in order, with their counts. */
export function countValues(numbers: Float64Array): ValueCounts {
  const sorted = numbers.slice().sort();
  const values: number[] = [];
  const counts: number[] = [];
  for (const x of sorted) {
    if (values.length > 0 && values[values.length - 1] === x) counts[counts.length - 1] = (counts.at(-1) as number) + 1;
    else {
      // Without the sign of −0, which no model file keeps.
      values.push(x + 0);
      counts.push(1);
    }
  }
  return { values: Float64Array.from(values), counts: Float64Array.from(counts) };
}
