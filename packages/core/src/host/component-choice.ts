/** The rows of a draw from several components, sorted by component. */
export interface ComponentOrder {
  /** Rows of each component. */
  readonly counts: Int32Array;
  /** By row the place where it stands when sorted. */
  readonly sources: Int32Array;
  /** By sorted place the row. */
  readonly targets: Int32Array;
}

/** Sorts rows by the component that each was drawn to come from. */
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
