import * as tf from "@tensorflow/tfjs-core";

/**
 * One-hot bin of each x among the increasing left edges of bins: bin k is `edges[k] ≤ x < edges[k + 1]`, and the last
 * has no right end. All zeros for x below the first edge and for NaN. Made of comparisons alone, because the gradient of
 * gather is slow and its batch axes are not to be trusted.
 *
 * @param x `[...batch]`.
 * @param leftEdges `[...batch, bins]`; the batch axes broadcast.
 * @returns `[...batch, bins]`.
 * @example
 * searchBin(tf.tensor1d([0.5]), tf.tensor1d([0, 1, 2])); // → [[1, 0, 0]]
 */
export function searchBin(x: tf.Tensor, leftEdges: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const bins = leftEdges.shape[leftEdges.rank - 1] as number;
    // As wide as the edges: a comparison that broadcasts is many times slower on the cpu backend.
    const wide = tf.tile(tf.expandDims(x, -1), [...x.shape.map(() => 1), bins]);
    const after = tf.cast(tf.greaterEqual(wide, leftEdges), "float32");
    if (bins === 1) return after;
    const paddings = Array.from(
      { length: after.rank },
      (_, i) => [0, i === after.rank - 1 ? 1 : 0] as [number, number],
    );
    const next = tf.pad(tf.slice(after, [...after.shape.map((_, i) => (i === after.rank - 1 ? 1 : 0))]), paddings);
    return tf.sub(after, next);
  });
}

/**
 * Entry of a table at a one-hot bin of {@link searchBin}; `[...batch, bins]` → `[...batch]`. 0 where there is no bin.
 *
 * @example
 * const oneHot = searchBin(tf.tensor1d([1.5]), tf.tensor1d([0, 1, 2]));
 * selectBin(oneHot, tf.tensor1d([10, 20, 30])); // → [20]
 */
export function selectBin(oneHot: tf.Tensor, table: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.sum(tf.mul(oneHot, table), -1));
}
