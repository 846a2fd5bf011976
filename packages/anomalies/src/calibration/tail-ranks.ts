/** Highest scores that are all kept; of the others every hundredth part. */
const KEPT = 2000;
const PARTS = 100;

/** The scores of held-out rows, as far as p-values need them: falling. */
export interface TailRanks {
  readonly rows: number;
  readonly scores: ArrayLike<number>;
}

/** The ranks of the scores of held-out rows. */
export function tailRanks(heldOut: Float64Array): TailRanks {
  const falling = heldOut.slice().sort().reverse();
  return { rows: falling.length, scores: keptPlaces(falling.length).map((at) => falling[at] as number) };
}

/** How many scores of so many rows are kept. */
export function keptRanks(rows: number): number {
  return keptPlaces(rows).length;
}

function keptPlaces(rows: number): number[] {
  const step = Math.max(1, Math.floor((rows - KEPT) / PARTS));
  const places: number[] = [];
  for (let at = 0; at < rows; at += at < KEPT ? 1 : step) places.push(at);
  if (rows > 0 && places.at(-1) !== rows - 1) places.push(rows - 1);
  return places;
}

/**
 * Conformal p-values, (#{sᵢ ≥ s} + 1) / (n + 1): a fresh row like the others has one of at most α with a probability of at
 * most α (Vovk, Gammerman and Shafer 2005). Where not all scores are kept they are rounded up.
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
