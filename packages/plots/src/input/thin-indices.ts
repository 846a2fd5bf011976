/** Indices of at most `most` of `count` rows, evenly spread over their order: row ⌊i·count/most⌋ for i = 0, 1, …. */
export function thinIndices(count: number, most: number): Int32Array {
  const kept = Math.min(count, most);
  const indices = new Int32Array(kept);
  for (let i = 0; i < kept; i++) indices[i] = Math.floor((i * count) / kept);
  return indices;
}
