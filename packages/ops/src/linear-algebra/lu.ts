import { DomainError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { broadcastIndices, sumToShape } from "../tfjs/broadcast-indices.ts";
import { fail } from "../tfjs/kernel-call.ts";
import { matrixStack, requireSquare, systemBatch, transposed } from "./matrix-stack.ts";

/** P·A = L·U of a matrix in float64, packed in one array; `rows[k]` is the row of A at position k. */
interface LuFactors {
  readonly size: number;
  readonly packed: Float64Array;
  readonly rows: Int32Array;
}

/**
 * LU with partial pivoting (Golub & Van Loan 2013, §3.4). `undefined` for a matrix that is singular to the precision of
 * the computation: a pivot not larger than the rounding errors of its row. Entries that are not finite give NaN factors.
 */
function luFactors(matrix: Float64Array, size: number): LuFactors | undefined {
  const a = matrix.slice();
  const rows = Int32Array.from({ length: size }, (_, i) => i);
  const scale = Float64Array.from({ length: size }, (_, i) => {
    let largest = 0;
    for (let j = 0; j < size; j++) largest = Math.max(largest, Math.abs(a[i * size + j] as number));
    return largest;
  });
  if (!scale.every(Number.isFinite)) return { size, packed: a.fill(Number.NaN), rows };
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k + 1; i < size; i++) {
      if (Math.abs(a[i * size + k] as number) > Math.abs(a[pivot * size + k] as number)) pivot = i;
    }
    const diagonal = a[pivot * size + k] as number;
    const noise = 4 * size * Number.EPSILON * (scale[rows[pivot] as number] as number);
    if (Math.abs(diagonal) <= noise) return undefined;
    if (pivot !== k) swapRows(a, size, rows, pivot, k);
    for (let i = k + 1; i < size; i++) {
      const factor = (a[i * size + k] as number) / diagonal;
      a[i * size + k] = factor;
      if (factor === 0) continue;
      for (let j = k + 1; j < size; j++) {
        a[i * size + j] = (a[i * size + j] as number) - factor * (a[k * size + j] as number);
      }
    }
  }
  return { size, packed: a, rows };
}

function swapRows(a: Float64Array, size: number, rows: Int32Array, i: number, k: number): void {
  const row = a.slice(i * size, (i + 1) * size);
  a.copyWithin(i * size, k * size, (k + 1) * size);
  a.set(row, k * size);
  const index = rows[i] as number;
  rows[i] = rows[k] as number;
  rows[k] = index;
}

/** X with A·X = B, from the factors of A; B and X are `[size, columns]`. */
function solveWithLu({ size, packed, rows }: LuFactors, b: Float64Array, columns: number): Float64Array {
  const x = new Float64Array(size * columns);
  for (const [i, row] of rows.entries()) x.set(b.subarray(row * columns, (row + 1) * columns), i * columns);
  substitute(packed, x, size, columns, { lower: true, unitDiagonal: true });
  substitute(packed, x, size, columns, { lower: false, unitDiagonal: false });
  return x;
}

/** Forward or back substitution in place of the right-hand side x `[size, columns]`; the other triangle is not read. */
export function substitute(
  triangle: Float64Array,
  x: Float64Array,
  size: number,
  columns: number,
  { lower, unitDiagonal }: { readonly lower: boolean; readonly unitDiagonal: boolean },
): void {
  for (let step = 0; step < size; step++) {
    const i = lower ? step : size - 1 - step;
    for (let j = lower ? 0 : i + 1; j < (lower ? i : size); j++) {
      const factor = triangle[i * size + j] as number;
      if (factor === 0) continue;
      for (let c = 0; c < columns; c++) {
        x[i * columns + c] = (x[i * columns + c] as number) - factor * (x[j * columns + c] as number);
      }
    }
    if (unitDiagonal) continue;
    const diagonal = triangle[i * size + i] as number;
    for (let c = 0; c < columns; c++) x[i * columns + c] = (x[i * columns + c] as number) / diagonal;
  }
}

/**
 * A⁻¹ of each matrix, computed in float64 on the host; `[...batch, n, n]` → `[...batch, n, n]`.
 *
 * @throws {DomainError} a matrix is singular. Entries that are not finite give NaN.
 * @example
 * inverse(tf.tensor2d([[2, 0], [0, 4]])); // → [[0.5, 0], [0, 0.25]]
 */
export function inverse(a: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const factors = factorsOf(input as tf.Tensor, "inverse");
      const n = a.shape[a.rank - 1] as number;
      const identity = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
      const values = new Float32Array(a.size);
      for (const [i, f] of factors.entries()) values.set(solveWithLu(f, identity, n), i * n * n);
      const value = tf.tensor(values, a.shape);
      (save as tf.GradSaveFunc)([value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const inverseTransposed = transposed(saved[0] as tf.Tensor);
          return tf.neg(tf.matMul(tf.matMul(inverseTransposed, dy), inverseTransposed));
        },
      };
    });
    return op(a);
  });
}

/**
 * X with `A·X = B`, computed in float64 on the host.
 *
 * @param a `[...batch, n, n]`.
 * @param b `[...batch, n, m]`; the batch axes broadcast.
 * @throws {DomainError} a matrix is singular. Entries that are not finite give NaN.
 * @throws {ShapeError} the shapes do not fit.
 * @example
 * solve(tf.tensor2d([[2, 0], [0, 4]]), tf.tensor2d([[2], [2]])); // → [[1], [0.5]]
 */
export function solve(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const batch = systemBatch(a, b, "solve");
  return tf.tidy(() => {
    const op = tf.customGrad((matrix, right, save) => {
      const [x0, b0] = [matrix as tf.Tensor, right as tf.Tensor];
      const factors = factorsOf(x0, "solve");
      const stack = matrixStack(b0);
      const size = stack.rows * stack.columns;
      const ofA = broadcastIndices(x0.shape.slice(0, -2), batch);
      const ofB = broadcastIndices(stack.batch, batch);
      const values = new Float32Array(ofA.length * size);
      for (let i = 0; i < ofA.length; i++) {
        values.set(
          solveWithLu(factors[ofA[i] as number] as LuFactors, stack.at(ofB[i] as number), stack.columns),
          i * size,
        );
      }
      const value = tf.tensor(values, [...batch, stack.rows, stack.columns]);
      (save as tf.GradSaveFunc)([x0, value]);
      return {
        value,
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
          const [savedA, x] = saved as [tf.Tensor, tf.Tensor];
          const db = solve(transposed(savedA), dy);
          const da = tf.neg(tf.matMul(db, transposed(x)));
          return [sumToShape(da, savedA.shape), sumToShape(db, b.shape)];
        },
      };
    });
    return op(a, b);
  });
}

/** LU factors of each matrix of a tensor; throws {@link DomainError} that names the singular one. */
function factorsOf(a: tf.Tensor, where: string): LuFactors[] {
  requireSquare(a, where);
  const stack = matrixStack(a);
  return Array.from({ length: stack.count }, (_, i) => {
    const factors = luFactors(stack.at(i), stack.rows);
    if (factors === undefined) {
      const which = stack.count === 1 ? "" : ` (index ${i} of ${stack.count})`;
      fail(new DomainError(`${where}: expected an invertible matrix, got a singular one${which}.`));
    }
    return factors;
  });
}

/**
 * `log|det A|` of each matrix, computed in float64 on the host; `[...batch, n, n]` → `[...batch]`.
 *
 * @throws {DomainError} a matrix is singular. Entries that are not finite give NaN.
 * @example
 * logAbsDet(tf.tensor2d([[2, 0], [0, -4]])); // → Math.log(8)
 */
export function logAbsDet(a: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const op = tf.customGrad((input, save) => {
      const matrix = input as tf.Tensor;
      const values = factorsOf(matrix, "logAbsDet").map(({ packed, size }) => {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += Math.log(Math.abs(packed[i * (size + 1)] as number));
        return sum;
      });
      (save as tf.GradSaveFunc)([matrix]);
      return {
        value: tf.tensor(values, matrix.shape.slice(0, -2), "float32"),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
          tf.mul(tf.reshape(dy, [...dy.shape, 1, 1]), transposed(inverse(saved[0] as tf.Tensor))),
      };
    });
    return op(a);
  });
}
