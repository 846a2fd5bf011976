/** The orthonormal matrix of the discrete cosine transform DCT-II, row-major: `√((2 − [k = 0])/n) cos(π k (i + ½)/n)`. */
export function cosines(n: number): Float32Array {
  return Float32Array.from({ length: n * n }, (_, at) => {
    const [k, i] = [Math.floor(at / n), at % n];
    return Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * (i + 0.5)) / n);
  });
}
