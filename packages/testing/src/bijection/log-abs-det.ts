/** log|det A| of a row-major n × n matrix in float64, by LU with partial pivoting; `-Infinity` when A is singular. */
export function logAbsDet(matrix: ArrayLike<number>, n: number): number {
  const a = Float64Array.from(matrix);
  let sum = 0;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(a[i * n + k] as number) > Math.abs(a[pivot * n + k] as number)) pivot = i;
    }
    for (let j = 0; j < n && pivot !== k; j++) {
      const held = a[k * n + j] as number;
      a[k * n + j] = a[pivot * n + j] as number;
      a[pivot * n + j] = held;
    }
    const diagonal = a[k * n + k] as number;
    sum += Math.log(Math.abs(diagonal));
    if (diagonal === 0) return Number.NEGATIVE_INFINITY;
    for (let i = k + 1; i < n; i++) {
      const factor = (a[i * n + k] as number) / diagonal;
      for (let j = k + 1; j < n; j++) a[i * n + j] = (a[i * n + j] as number) - factor * (a[k * n + j] as number);
    }
  }
  return sum;
}
