/** P·A = L·U of one matrix in float64, packed in one array; `rows[k]` is the row of A that stands at k. */
export interface LuFactors {
  readonly size: number;
  readonly packed: Float64Array;
  readonly rows: Int32Array;
}

/**
 * LU with partial pivoting (Golub & Van Loan 2013, §3.4). `undefined` for a matrix that is singular to the precision of
 * the computation: a pivot not larger than the rounding errors of its row. Entries that are not finite give NaN factors.
 */
export function luFactors(matrix: Float64Array, size: number): LuFactors | undefined {
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
export function solveWithLu({ size, packed, rows }: LuFactors, b: Float64Array, columns: number): Float64Array {
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
