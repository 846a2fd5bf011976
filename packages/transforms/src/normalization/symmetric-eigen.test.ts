import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { symmetricEigen } from "./symmetric-eigen.ts";

/** A Gram matrix of random vectors. */
function gram(n: number, rank: number): Float64Array {
  const x = createKey(n).normal(n * rank);
  return Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++)
      sum += (x[Math.floor(at / n) * rank + k] as number) * (x[(at % n) * rank + k] as number);
    return sum;
  });
}

test("closed form of two: (7 ± 5)/2", () => {
  const { values, vectors } = symmetricEigen(Float64Array.of(2, 2, 2, 5), 2);
  expect(values[0]).toBeCloseTo(6, 14);
  expect(values[1]).toBeCloseTo(1, 14);
  expect(Math.abs((vectors[0] as number) / (vectors[2] as number))).toBeCloseTo(0.5, 14);
});

test.each([
  [1, 1],
  [3, 3],
  [8, 3],
  [30, 40],
])("%i columns of rank %i: VᵀV = I and A V = V diag(λ), the largest first", (n, rank) => {
  const matrix = gram(n, rank);
  const { values, vectors } = symmetricEigen(matrix, n);
  expect([...values]).toEqual([...values].sort((a, b) => b - a));
  const at = (m: Float64Array, i: number, j: number): number => m[i * n + j] as number;
  const size = values[0] as number;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let [dot, product] = [0, 0];
      for (let k = 0; k < n; k++) {
        dot += at(vectors, k, i) * at(vectors, k, j);
        product += at(matrix, i, k) * at(vectors, k, j);
      }
      expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-13);
      expect(Math.abs(product - at(vectors, i, j) * (values[j] as number))).toBeLessThan(1e-13 * size);
    }
  }
  for (let i = rank; i < n; i++) expect(Math.abs(values[i] as number)).toBeLessThan(1e-13 * size);
});
