import { createKey } from "@pushforward/core";
import type { MixtureNumbers } from "@pushforward/core/plain";
import { describe, expect, test } from "vitest";
import { expectBlocks, hardResponsibilities, Responsibilities } from "./responsibilities.ts";
import { BLOCK, leadingColumns, packAllRows, whitenMixture } from "./row-statistics.ts";

/** Some mixture: L with a positive diagonal, components at several distances. */
function someMixture(components: number, d: number): MixtureNumbers {
  const key = createKey(`mixture ${components} ${d}`);
  const [a, b, c] = key.split(3).map((k) => k.normal(components * d * d)) as [Float32Array, Float32Array, Float32Array];
  const raw = Float64Array.from({ length: components }, (_, k) => Math.exp(a[k] as number));
  const sum = raw.reduce((x, y) => x + y, 0);
  return {
    components,
    features: d,
    weights: raw.map((w) => w / sum),
    means: Float64Array.from({ length: components * d }, (_, i) => 4 * (b[i] as number)),
    scaleTrils: Float64Array.from({ length: components * d * d }, (_, at) => {
      const i = Math.floor(at / d) % d;
      const j = at % d;
      if (j > i) return 0;
      return i === j ? 0.3 + Math.abs(c[at] as number) : 0.5 * (c[at] as number);
    }),
  };
}

/** `ln wₖ N(x; mₖ, LₖLₖᵀ)` by forward substitution, nothing left out. */
function logTerm({ features: d, weights, means, scaleTrils }: MixtureNumbers, k: number, x: Float64Array): number {
  const z: number[] = [];
  let value = Math.log(weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
  for (let i = 0; i < d; i++) {
    let rest = (x[i] as number) - (means[k * d + i] as number);
    for (let j = 0; j < i; j++) rest -= (scaleTrils[(k * d + i) * d + j] as number) * (z[j] as number);
    const pivot = scaleTrils[(k * d + i) * d + i] as number;
    z.push(rest / pivot);
    value -= Math.log(pivot) + 0.5 * (rest / pivot) ** 2;
  }
  return value;
}

function logSum(terms: readonly number[]): number {
  const most = Math.max(...terms);
  return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
}

function shareOf(shares: Responsibilities, row: number, k: number): number {
  const b = Math.floor(row / BLOCK);
  for (let e = shares.starts[b] as number; e < (shares.ends[b] as number); e++) {
    if (shares.component[e] === k) return shares.share[BLOCK * e + (row % BLOCK)] as number;
  }
  return 0;
}

describe("the expectation step", () => {
  for (const d of [1, 2, 3, 4, 7, 10]) {
    for (const components of [1, 2, 5, 17]) {
      test(`d = ${d}, K = ${components}`, () => {
        const mixture = someMixture(components, d);
        for (const n of [1, 3, 4, 6, 33]) {
          const values = Float64Array.from(createKey(n).normal(n * d), (z) => 4 * z);
          const rows = packAllRows({ rows: n, columns: d, data: values });
          const shares = new Responsibilities(rows.blocks);
          const half = Math.floor(rows.blocks / 2);
          const whitened = whitenMixture(mixture);
          const sum =
            expectBlocks(rows, whitened, shares, 0, half, "all") +
            expectBlocks(rows, whitened, shares, half, rows.blocks, "all");
          let expected = 0;
          for (let i = 0; i < n; i++) {
            const x = values.subarray(i * d, (i + 1) * d);
            const terms = Array.from({ length: components }, (_, k) => logTerm(mixture, k, x));
            const total = logSum(terms);
            expected += total;
            for (const [k, term] of terms.entries()) {
              expect(Math.abs(shareOf(shares, i, k) - Math.exp(term - total))).toBeLessThan(2e-9);
            }
          }
          expect(Math.abs(sum - expected)).toBeLessThan(1e-8 * Math.max(1, Math.abs(expected)));
          // Nothing is lost by looking only at what is there, and rows that fill up the last block have no share.
          const again = expectBlocks(rows, whitened, shares, 0, rows.blocks, "present");
          expect(Math.abs(again - sum)).toBeLessThan(1e-8 * Math.max(1, Math.abs(sum)));
          for (let row = n; row < rows.blocks * BLOCK; row++) {
            for (let k = 0; k < components; k++) expect(shareOf(shares, row, k)).toBe(0);
          }
        }
      });
    }
  }

  test("a component without weight has no share", () => {
    const mixture = { ...someMixture(3, 2), weights: Float64Array.of(0, 0.5, 0.5) };
    const rows = packAllRows({ rows: 2, columns: 2, data: mixture.means.slice(0, 4) });
    const shares = new Responsibilities(1);
    expect(Number.isFinite(expectBlocks(rows, whitenMixture(mixture), shares, 0, 1, "all"))).toBe(true);
    expect(shareOf(shares, 0, 0)).toBe(0);
    expect(shareOf(shares, 0, 1) + shareOf(shares, 0, 2)).toBeCloseTo(1, 12);
  });

  test("a row out of reach has the density 0, and no NaN", () => {
    const rows = packAllRows({ rows: 2, columns: 1, data: Float64Array.of(1e200, 0) });
    const shares = new Responsibilities(1);
    expect(expectBlocks(rows, whitenMixture(someMixture(3, 1)), shares, 0, 1, "all")).toBe(Number.NEGATIVE_INFINITY);
    expect([0, 1, 2].map((k) => shareOf(shares, 0, k))).toEqual([0, 0, 0]);
    expect([0, 1, 2].reduce((sum, k) => sum + shareOf(shares, 1, k), 0)).toBeCloseTo(1, 12);
  });
});

test("labels become shares of 1", () => {
  const labels = Int32Array.of(2, 0, 2, 1, 1, 0);
  const shares = hardResponsibilities(packAllRows({ rows: 6, columns: 1, data: new Float64Array(6) }), labels);
  for (let i = 0; i < 6; i++) {
    expect([0, 1, 2].map((k) => shareOf(shares, i, k))).toEqual([0, 1, 2].map((k) => (labels[i] === k ? 1 : 0)));
  }
});

test("the leading columns have the marginal density", () => {
  const mixture = someMixture(2, 3);
  const marginal = leadingColumns(mixture, 1);
  // ∫ p(x, y, z) dy dz by a sum over a grid.
  const step = 0.1;
  let sum = 0;
  for (let y = -25; y < 25; y += step) {
    for (let z = -25; z < 25; z += step) {
      sum += Math.exp(logSum([0, 1].map((k) => logTerm(mixture, k, Float64Array.of(0.7, y, z))))) * step * step;
    }
  }
  expect(Math.exp(logSum([0, 1].map((k) => logTerm(marginal, k, Float64Array.of(0.7))))) / sum).toBeCloseTo(1, 4);
});
