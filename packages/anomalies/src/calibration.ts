/** Order statistics that are kept, and the share above which the tail is exponential. */
const KEPT = 128;
const TAIL = 0.05;

/** Length of a scale when stored as numbers. */
export const SCALE_SIZE: number = 2 * KEPT + 1;

/**
 * Maps scores to surprises: `−log p` in nats, where p is the share of held-out rows with a score at least as high,
 * (#{sᵢ ≥ s} + 1) / (n + 1). For the highest 5 % an exponential tail is used, which extends beyond all held-out scores.
 */
export interface SurpriseScale {
  /** Rising order statistics of the scores of held-out rows. */
  readonly scores: ArrayLike<number>;
  /** For each, `−log p`. */
  readonly surprises: ArrayLike<number>;
  /** Mean excess of the scores in the tail; 0 without a tail. */
  readonly excess: number;
}

/** The scale of the scores of held-out rows. */
export function surpriseScale(heldOut: Float64Array): SurpriseScale {
  const sorted = heldOut.slice().sort();
  const n = sorted.length;
  const start = Math.min(Math.floor((1 - TAIL) * n), n - 1);
  const threshold = sorted[start] as number;
  const tail = sorted.subarray(start).filter((score) => score > threshold);
  const excess = tail.length > 2 ? tail.reduce((sum, score) => sum + (score - threshold) / tail.length, 0) : 0;
  const last = excess > 0 ? start : n - 1;
  const places = Array.from({ length: KEPT }, (_, k) => Math.round((k * last) / (KEPT - 1)));
  return {
    scores: places.map((k) => sorted[k] as number),
    surprises: places.map((k) => Math.log((n + 1) / (n - firstEqual(sorted, k) + 1))),
    excess,
  };
}

/** A scale as plain numbers. */
export function scaleToNumbers({ scores, surprises, excess }: SurpriseScale): number[] {
  return [...Array.from(scores), ...Array.from(surprises), excess];
}

/** The scale that is stored as some numbers. */
export function scaleFromNumbers(numbers: Float32Array | Float64Array | Int32Array): SurpriseScale {
  const scores = numbers.subarray(0, KEPT);
  return { scores, surprises: numbers.subarray(KEPT, 2 * KEPT), excess: numbers[2 * KEPT] as number };
}

/** The surprise of scores, in nats. */
export function surprise({ scores, surprises, excess }: SurpriseScale, values: Float64Array): Float64Array {
  const last = scores.length - 1;
  const [low, high] = [scores[0] as number, scores[last] as number];
  return values.map((value) => {
    if (!(value > low)) return surprises[0] as number;
    if (value >= high) {
      return (surprises[last] as number) + (excess > 0 && value > high ? (value - high) / excess : 0);
    }
    let [from, to] = [0, last];
    while (to - from > 1) {
      const middle = (from + to) >> 1;
      if ((scores[middle] as number) <= value) from = middle;
      else to = middle;
    }
    const [s0, s1] = [scores[from] as number, scores[to] as number];
    const [p0, p1] = [surprises[from] as number, surprises[to] as number];
    return s1 > s0 ? p0 + ((p1 - p0) * (value - s0)) / (s1 - s0) : p0;
  });
}

function firstEqual(sorted: Float64Array, place: number): number {
  let at = place;
  while (at > 0 && sorted[at - 1] === sorted[place]) at--;
  return at;
}

/** The highest scores are all kept. The remaining scores are thinned to about a hundred. */
const KEPT_RANKS = 2000;
const PARTS = 100;

/** Scores of held-out rows in decreasing order, as needed for p-values. */
export interface TailRanks {
  readonly rows: number;
  readonly scores: ArrayLike<number>;
}

/** The ranks of the scores of held-out rows. */
export function tailRanks(heldOut: Float64Array): TailRanks {
  const falling = heldOut.slice().sort().reverse();
  return { rows: falling.length, scores: keptPlaces(falling.length).map((at) => falling[at] as number) };
}

/** Number of scores that are kept for a number of rows. */
export function keptRanks(rows: number): number {
  return keptPlaces(rows).length;
}

function keptPlaces(rows: number): number[] {
  const step = Math.max(1, Math.floor((rows - KEPT_RANKS) / PARTS));
  const places: number[] = [];
  for (let at = 0; at < rows; at += at < KEPT_RANKS ? 1 : step) places.push(at);
  if (rows > 0 && places.at(-1) !== rows - 1) places.push(rows - 1);
  return places;
}

/**
 * Conformal p-values, (#{sᵢ ≥ s} + 1) / (n + 1): for a fresh row from the same distribution, the p-value is at most α
 * with a probability of at most α (Vovk, Gammerman and Shafer 2005). If not all scores are kept, p-values are rounded
 * up.
 */
export function conformalPValues({ rows, scores }: TailRanks, values: Float64Array): Float64Array {
  const places = keptPlaces(rows);
  return values.map((value) => {
    // The number of kept scores that are as high or higher.
    let [low, high] = [0, scores.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((scores[middle] as number) >= value) low = middle + 1;
      else high = middle;
    }
    // Between two kept scores there may be as many as before the next.
    const count = low === scores.length ? rows : (places[low] as number);
    return (count + 1) / (rows + 1);
  });
}
