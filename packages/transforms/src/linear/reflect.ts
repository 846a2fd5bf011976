import { matMul, triangle, triangularSolve } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** A vector shorter than this reflects nothing. */
const SHORTEST = 1e-15;

/**
 * `H₁ H₂ … H_k M` of Householder reflections `H = I − 2 v vᵀ/|v|²`, all at once: `M − V T⁻¹ Vᵀ M`, where T is upper triangular
 * with `VᵀV` above its diagonal and half of that on it.
 *
 * @param vectors the vectors v as rows, `[k, n]`.
 * @param matrix M, `[n, m]`.
 * @see Joffrain et al. 2006, Accumulating Householder transformations, revisited, https://doi.org/10.1145/1141885.1141886
 */
export function reflect(vectors: tf.Tensor, matrix: tf.Tensor): tf.Tensor {
  const columns = tf.transpose(vectors);
  const products = matMul(vectors, columns);
  const diagonal = tf.maximum(tf.mul(tf.sum(tf.square(vectors), 1), 0.5), SHORTEST ** 2);
  const above = triangle(products, { lower: false, strict: true });
  const factor = tf.add(above, tf.mul(tf.eye(vectors.shape[0] as number), diagonal));
  return tf.sub(matrix, matMul(columns, triangularSolve(factor, matMul(vectors, matrix), { lower: false })));
}
