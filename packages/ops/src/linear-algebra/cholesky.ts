import { DomainError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { fail } from "../tfjs/kernel-call.ts";
import { substitute } from "./lu.ts";
import { matrixStack, requireSquare, transposed } from "./matrix-stack.ts";
import { triangularSolve } from "./triangle.ts";

/**
 * Lower triangular L with `L·Lᵀ = A`, computed in float64 on the host; `[...batch, n, n]` → `[...batch, n, n]`. Only the
 * lower triangle of A is read. Gradient: Murray 2016, arXiv:1602.07527, symmetric.
 *
 * @throws {DomainError} a matrix is not positive definite. Entries that are not finite give NaN.
 * @throws {ShapeError} the matrices are not square.
 * @example
 * cholesky(tf.tensor2d([[4, 2], [2, 5]])); // → [[2, 0], [1, 2]]
 */
export function cholesky(a: tf.Tensor): tf.Tensor {
  requireSquare(a, "cholesky");
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const value = mapMatrices([input as tf.Tensor], ([matrix], n) => factor(matrix as Float64Array, n));
      (save as tf.GradSaveFunc)([value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
          mapMatrices([saved[0] as tf.Tensor, dy], ([l, dl], n) => backward(l as Float64Array, dl as Float64Array, n)),
      };
    });
    return op(a);
  });
}

function mapMatrices(
  inputs: readonly tf.Tensor[],
  f: (m: readonly Float64Array[], n: number) => Float64Array,
): tf.Tensor {
  const stacks = inputs.map(matrixStack);
  const [first] = inputs as [tf.Tensor];
  const n = first.shape[first.rank - 1] as number;
  const values = new Float32Array(first.size);
  for (let i = 0; i * n * n < first.size; i++)
    values.set(
      f(
        stacks.map((s) => s.at(i)),
        n,
      ),
      i * n * n,
    );
  return tf.tensor(values, first.shape);
}

function factor(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] as number) * (l[j * n + k] as number);
      if (i === j && sum <= 0) {
        fail(new DomainError(`cholesky: expected a positive definite matrix, got the pivot ${sum} at [${i}, ${i}].`));
      }
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / (l[j * n + j] as number);
    }
  }
  return l;
}

// Ā = L⁻ᵀ·P·L⁻¹, with P the symmetric matrix whose lower triangle is half of that of Lᵀ·L̄.
function backward(l: Float64Array, dl: Float64Array, n: number): Float64Array {
  const p = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += (l[k * n + i] as number) * (dl[k * n + j] as number);
      p[i * n + j] = sum / 2;
      p[j * n + i] = sum / 2;
    }
  }
  const upper = transpose(l, n);
  substitute(upper, p, n, n, { lower: false, unitDiagonal: false });
  const half = transpose(p, n);
  substitute(upper, half, n, n, { lower: false, unitDiagonal: false });
  return half;
}

function transpose(a: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => a[(at % n) * n + Math.floor(at / n)] as number);
}

/**
 * X with `L·Lᵀ·X = B` for a lower triangular factor L.
 *
 * @param factor L, `[...batch, n, n]`.
 * @param b B, `[...batch, n, m]`; the batch axes broadcast.
 * @throws {DomainError} a diagonal entry is 0.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * const factor = cholesky(tf.tensor2d([[4, 2], [2, 5]]));
 * choleskySolve(factor, tf.tensor2d([[4], [2]])); // → [[1], [0]]
 */
export function choleskySolve(factor: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    triangularSolve(transposed(factor), triangularSolve(factor, b, { lower: true }), { lower: false }),
  );
}
