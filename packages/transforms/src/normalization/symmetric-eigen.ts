/** Eigenvalues, the largest first, and unit eigenvectors as the columns of a row-major matrix. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

/** More than any matrix takes: convergence is quadratic. */
const MOST_SWEEPS = 60;

/**
 * `A = V diag(λ) Vᵀ` of a symmetric matrix, by the cyclic Jacobi method (Golub and Van Loan, Matrix Computations, 8.5): each
 * rotation makes one pair of entries off the diagonal 0, until all are by rounding.
 *
 * @param matrix `[n, n]`, row-major; its lower triangle is not read.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = Float64Array.from(matrix);
  const v = Float64Array.from(a, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(a, n); sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (a[j * n + j] as number) - (a[i * n + i] as number),
  );
  return {
    values: Float64Array.from(order, (i) => a[i * n + i] as number),
    vectors: Float64Array.from(v, (_, at) => v[at - (at % n) + (order[at % n] as number)] as number),
  };
}

/** The rotation of the axes p and q that makes their entry 0. The upper triangle of `a` is kept. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q] as number;
  if (off === 0) return;
  const [first, second] = [a[p * n + p] as number, a[q * n + q] as number];
  const ratio = (second - first) / (2 * off);
  // The smaller root: an angle of at most 45°.
  const tangent = Math.sign(ratio || 1) / (Math.abs(ratio) + Math.hypot(ratio, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let i = 0; i < n; i++) {
    turn(v, i * n + p, i * n + q, cosine, sine);
    if (i !== p && i !== q) turn(a, upper(i, p, n), upper(i, q, n), cosine, sine);
  }
  a[p * n + p] = first - tangent * off;
  a[q * n + q] = second + tangent * off;
  a[p * n + q] = 0;
}

function turn(values: Float64Array, p: number, q: number, cosine: number, sine: number): void {
  const [x, y] = [values[p] as number, values[q] as number];
  values[p] = cosine * x - sine * y;
  values[q] = sine * x + cosine * y;
}

function upper(i: number, j: number, n: number): number {
  return i < j ? i * n + j : j * n + i;
}

function isDiagonal(a: Float64Array, n: number): boolean {
  let [on, off] = [0, 0];
  for (let i = 0; i < n; i++) {
    on += (a[i * n + i] as number) ** 2;
    for (let j = i + 1; j < n; j++) off += (a[i * n + j] as number) ** 2;
  }
  return off <= (Number.EPSILON / 4) ** 2 * on;
}
