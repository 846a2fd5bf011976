import * as tf from "@tensorflow/tfjs-core";

/** The norm to which a matrix is scaled down. */
const SMALL = 0.5;
/** Terms of the series: at that norm the first one left out is 1e-22. */
const TERMS = 16;
/** Squarings beyond which an exponential overflows, or is nothing but rounding errors. */
const MOST = 60;

/**
 * `e^A` of a square matrix `[n, n]`, in float64 on the host: the series of Taylor at `A/2ˢ`, squared s times. Entries that
 * are not finite give NaN.
 *
 * The gradient is the adjoint of the Fréchet derivative, a block of the exponential of `[[Aᵀ, dy], [0, Aᵀ]]`.
 *
 * @see Higham 2008, Functions of Matrices, §10.3 and §3.2
 */
export function matrixExponential(a: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const matrix = input as tf.Tensor;
      const n = matrix.shape[0] as number;
      (save as tf.GradSaveFunc)([matrix]);
      return {
        value: tf.tensor2d(Float32Array.from(exponential(Float64Array.from(matrix.dataSync()), n)), [n, n]),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const turned = tf.transpose(saved[0] as tf.Tensor);
          const upper = tf.concat([turned, dy], 1);
          const lower = tf.concat([tf.zerosLike(turned), turned], 1);
          return tf.slice(matrixExponential(tf.concat([upper, lower], 0)), [0, n], [n, n]);
        },
      };
    });
    return op(a);
  });
}

function exponential(a: Float64Array, n: number): Float64Array {
  let norm = 0;
  for (let i = 0; i < n; i++)
    norm = Math.max(
      norm,
      a.subarray(i * n, (i + 1) * n).reduce((s, v) => s + Math.abs(v), 0),
    );
  if (!a.every(Number.isFinite)) return a.fill(Number.NaN);
  const squarings = Math.min(MOST, Math.max(0, Math.ceil(Math.log2(norm / SMALL))));
  const scaled = a.map((v) => v / 2 ** squarings);
  // Horner: I + A(I + A/2(I + A/3(…))).
  let sum = identity(n);
  for (let k = TERMS; k > 0; k--) {
    sum = product(scaled, sum, n).map((v, i) => v / k + (i % (n + 1) === 0 ? 1 : 0));
  }
  for (let s = 0; s < squarings; s++) sum = product(sum, sum, n);
  return sum;
}

function identity(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k] as number;
      for (let j = 0; j < n; j++) c[i * n + j] = (c[i * n + j] as number) + factor * (b[k * n + j] as number);
    }
  }
  return c;
}
