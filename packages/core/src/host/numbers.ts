import type { Key } from "../key.ts";

// Arithmetic on numbers in float64 that several packages share. Sums of exponentials are taken relative to the largest one.

/** A quantile of sorted numbers, linear between order statistics (the default of NumPy); NaN of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [a, b] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  // Two infinities have no difference.
  return a === b || place === below ? a : a + (place - below) * (b - a);
}

/** `log Σ exp xᵢ`: −∞ where all are, ∞ where one is, and NaN where one is. */
export function logSumExp(values: ArrayLike<number>): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) highest = Math.max(highest, values[i] as number);
  if (!Number.isFinite(highest)) return highest;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] as number) - highest);
  return highest + Math.log(sum);
}

/** `log(eᵃ + eᵇ)`, −∞ where both are. */
export function logAddExp(a: number, b: number): number {
  const highest = Math.max(a, b);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log1p(Math.exp(Math.min(a, b) - highest));
}

/** Numbers in proportion to the exponentials of logits, with sum 1. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) highest = Math.max(highest, logits[i] as number);
  const shares = new Float64Array(logits.length);
  let total = 0;
  for (let i = 0; i < shares.length; i++) {
    const share = Math.exp((logits[i] as number) - highest);
    shares[i] = share;
    total += share;
  }
  for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] as number) / total;
  return shares;
}

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

/**
 * Rows of an epoch in `⌈n / batchSize⌉` batches with sizes that differ by at most one. Each row counts once per epoch,
 * and no batch is small and noisy.
 */
export interface EpochOrder {
  batch(index: number): Int32Array;
}

/** Number of steps of an epoch. */
export function stepsPerEpoch(rows: number, batchSize: number): number {
  return Math.ceil(rows / batchSize);
}

/**
 * The row order of an epoch: a function of its key, so it needs no saved state. Without a key the order is unchanged.
 */
export function epochOrder(
  { rows }: { readonly rows: Int32Array },
  batchSize: number,
  key: Key | undefined,
): EpochOrder {
  const order = key === undefined ? rows : key.permutation(rows.length).map((i) => rows[i] as number);
  const count = stepsPerEpoch(rows.length, batchSize);
  const edge = (index: number): number => Math.floor((index * rows.length) / count);
  return { batch: (index) => order.subarray(edge(index), edge(index + 1)) };
}

/** The rows of a draw from several components, sorted by component. */
export interface ComponentOrder {
  /** Rows of each component. */
  readonly counts: Int32Array;
  /** The sorted position of each row. */
  readonly sources: Int32Array;
  /** By sorted place the row. */
  readonly targets: Int32Array;
}

/** Sorts rows by the component drawn for each row. */
export function orderByComponent(choices: Int32Array, components: number): ComponentOrder {
  const counts = new Int32Array(components);
  for (const k of choices) counts[k] = (counts[k] as number) + 1;
  const next = new Int32Array(components);
  for (let k = 1; k < components; k++) next[k] = (next[k - 1] as number) + (counts[k - 1] as number);
  const sources = new Int32Array(choices.length);
  const targets = new Int32Array(choices.length);
  for (const [i, k] of choices.entries()) {
    const source = next[k] as number;
    next[k] = source + 1;
    sources[i] = source;
    targets[source] = i;
  }
  return { counts, sources, targets };
}

/** The sums of the weights up to each, which are 1 from the last positive one on. */
export function cumulativeWeights(weights: Float64Array): Float64Array {
  let sum = 0;
  const bounds = weights.map((weight) => (sum += weight));
  // Rounding must not leave a gap below 1, nor give it to a component without weight.
  for (let k = bounds.length - 1; k >= 0; k--) {
    bounds[k] = 1;
    if ((weights[k] as number) > 0) break;
  }
  return bounds;
}

/** The component that a uniform draw chooses, by the sums of {@link cumulativeWeights}. */
export function componentAt(bounds: Float64Array, u: number): number {
  const place = bounds.findIndex((bound) => u < bound);
  // Bounds of NaN: which component it is does not matter then.
  return place < 0 ? bounds.length - 1 : place;
}

/**
 * The area under the ROC curve: the probability that a score of the second group is above a score of the first, ties
 * counted half (Hanley and McNeil 1982). NaN if a group is empty.
 * @example
 * areaUnderCurve([0.1, 0.4], [0.3, 0.9]); // → 0.75
 */
export function areaUnderCurve(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const a = Float64Array.from(first).sort();
  const b = Float64Array.from(second).sort();
  let [below, equal, wins] = [0, 0, 0];
  for (const value of b) {
    while (below < a.length && (a[below] as number) < value) below++;
    equal = Math.max(equal, below);
    while (equal < a.length && (a[equal] as number) === value) equal++;
    wins += below + (equal - below) / 2;
  }
  return wins / (a.length * b.length);
}
