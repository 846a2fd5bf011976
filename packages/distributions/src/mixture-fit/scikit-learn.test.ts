import { createKey } from "@pushforward/core";
import { TimeSlice } from "@pushforward/core/plain";
import { describe, expect, test } from "vitest";
import { maximizeLikelihood } from "./expectation-maximization.ts";
import { expectBlocks, Responsibilities } from "./responsibilities.ts";
import { packAllRows, whitenMixture } from "./row-statistics.ts";

/** Three sheared clouds that overlap. */
function clouds(d: number, n: number): Float64Array {
  const z = createKey(`scikit-learn ${d}`).normal(n * d);
  const x = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    const cloud = i % 3;
    let carry = 0;
    for (let j = 0; j < d; j++) {
      const center = (cloud - 1) * (1.5 + 0.3 * j) * (j % 2 ? 1 : -1);
      x[i * d + j] = center + (0.5 + 0.4 * cloud) * (z[i * d + j] as number) + 0.6 * carry;
      carry = z[i * d + j] as number;
    }
  }
  return x;
}

const ROWS = 600;
const STEPS = [1, 5, 20];

/**
 * Features, components, and the mean log-density of the 600 rows of `clouds` after 1, 5 and 20 steps, by scikit-learn
 * 1.4.2: `GaussianMixture(K, weights_init=1/K, means_init=X[:K], precisions_init=identities, reg_covar=1e-5, tol=0,
 * max_iter=steps).fit(X).score(X)`.
 */
const references: readonly (readonly [number, number, readonly number[]])[] = [
  [1, 1, [-1.87567134896, -1.87567134896, -1.87567134896]],
  [1, 3, [-1.82515604061, -1.80827166905, -1.79257310719]],
  [1, 16, [-1.81842864954, -1.79936665928, -1.79276360299]],
  [2, 1, [-3.74345015115, -3.74345015115, -3.74345015115]],
  [2, 3, [-3.56983929006, -3.4323440096, -3.42016452353]],
  [2, 16, [-3.56458079577, -3.42061320759, -3.37240861511]],
  [10, 1, [-16.6794992699, -16.6794992699, -16.6794992699]],
  [10, 3, [-13.3629322861, -13.362932286, -13.362932286]],
  [10, 16, [-12.8847757855, -12.2020298329, -11.9842298887]],
];

describe("expectation-maximization without shrinkage", () => {
  for (const [d, components, values] of references) {
    test(`d = ${d}, K = ${components}: as scikit-learn`, async () => {
      const x = clouds(d, ROWS);
      const rows = packAllRows({ rows: ROWS, columns: d, data: x });
      const start = {
        components,
        features: d,
        weights: new Float64Array(components).fill(1 / components),
        means: x.slice(0, components * d),
        scaleTrils: Float64Array.from({ length: components * d * d }, (_, i) => ((i % (d * d)) % (d + 1) ? 0 : 1)),
      };
      for (const [i, steps] of STEPS.entries()) {
        const shares = new Responsibilities(rows.blocks);
        expectBlocks(rows, whitenMixture(start), shares, 0, rows.blocks, "all");
        const fit = await maximizeLikelihood(
          "test",
          { rows, shares, means: start.means },
          { strength: 0, target: new Float64Array(d * d), ridge: 1e-5, weightRows: 0 },
          // The first maximization step belongs to the start.
          {
            maxSteps: steps - 1,
            tolerance: Number.NEGATIVE_INFINITY,
            slice: new TimeSlice(),
            signal: undefined,
            onStep: () => undefined,
          },
        );
        expect(fit.steps).toBe(steps - 1);
        expect(Math.abs(fit.meanLogProb / (values[i] as number) - 1)).toBeLessThan(1e-9);
      }
    });
  }
});
