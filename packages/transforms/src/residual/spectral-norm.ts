import * as tf from "@tensorflow/tfjs-core";

const MOST_STEPS = 200;
const TOLERANCE = 1e-9;

/**
 * The largest singular value of a matrix `[n, m]`, a scalar, by power iteration in float64 until it stands still. It is never
 * above the true one; where the two largest are close, it may be below it by 1 %. The gradient is `u vᵀ` of its vectors.
 */
export function spectralNorm(matrix: tf.Tensor): tf.Tensor {
  const [n, m] = matrix.shape as [number, number];
  const norm = tf.customGrad((input, save) => {
    const { value, left, right } = largest((input as tf.Tensor).dataSync(), n, m);
    (save as tf.GradSaveFunc)([tensorOf(left, [n, 1]), tensorOf(right, [1, m])]);
    return {
      value: tf.scalar(value),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, tf.mul(saved[0] as tf.Tensor, saved[1] as tf.Tensor)),
    };
  });
  return norm(matrix);
}

interface Triplet {
  readonly value: number;
  readonly left: Float64Array;
  readonly right: Float64Array;
}

function largest(w: ArrayLike<number>, n: number, m: number): Triplet {
  // A start with no symmetry, which no singular vector is likely to be orthogonal to.
  const right = Float64Array.from({ length: m }, (_, j) => 1 + 0.5 * Math.sin(1 + 3 * j));
  const left = new Float64Array(n);
  let value = 0;
  normalize(right);
  for (let step = 0; step < MOST_STEPS; step++) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += (w[i * m + j] as number) * (right[j] as number);
      left[i] = sum;
    }
    const found = normalize(left);
    if (!(found > 0)) return { value: found, left, right };
    right.fill(0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) right[j] = (right[j] as number) + (w[i * m + j] as number) * (left[i] as number);
    }
    normalize(right);
    if (Math.abs(found - value) <= TOLERANCE * found) return { value: found, left, right };
    value = found;
  }
  return { value, left, right };
}

/** To length 1; its length before. */
function normalize(vector: Float64Array): number {
  const length = Math.hypot(...vector);
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
  return length;
}

function tensorOf(values: Float64Array, shape: [number, number]): tf.Tensor {
  return tf.tensor2d(Float32Array.from(values), shape);
}
