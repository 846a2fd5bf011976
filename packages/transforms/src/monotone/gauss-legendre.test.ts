import { expect, test } from "vitest";
import { gaussLegendre } from "./gauss-legendre.ts";

test("nodes and weights are those of numpy.polynomial.legendre.leggauss", () => {
  const { nodes, weights } = gaussLegendre(5);
  const expected = [0.04691008, 0.23076534, 0.5, 0.76923466, 0.95308992];
  expect(Math.max(...expected.map((v, i) => Math.abs(v - (nodes[i] as number))))).toBeLessThan(1e-8);
  const ofNodes = [0.11846344, 0.23931434, 0.28444444, 0.23931434, 0.11846344];
  expect(Math.max(...ofNodes.map((v, i) => Math.abs(v - (weights[i] as number))))).toBeLessThan(1e-8);
});

test("32 nodes integrate polynomials of degree 63", () => {
  const { nodes, weights } = gaussLegendre(32);
  for (const degree of [0, 1, 20, 63]) {
    const integral = nodes.reduce((sum, x, i) => sum + (weights[i] as number) * x ** degree, 0);
    expect(Math.abs(integral * (degree + 1) - 1)).toBeLessThan(1e-13);
  }
});
