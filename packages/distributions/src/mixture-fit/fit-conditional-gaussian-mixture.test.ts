import { createKey, ndArray, ShapeError } from "@pushforward/core";
import { expect, test } from "vitest";
import { type ConditionalGaussianMixtureFit, fitConditionalGaussianMixture } from "../index.ts";

const key = createKey(1);
const options = { key };

/** x = c + noise on one side of 0 and x = −2 c + less noise on the other; c uniform. */
function bend(n: number, seed: number): { x: number[]; context: number[] } {
  const [a, b] = createKey(seed).split();
  const z = a?.normal(n) as Float32Array;
  const context = Array.from(b?.uniform(n) as Float32Array, (u) => 4 * u - 2);
  return { context, x: context.map((c, i) => (c > 0 ? c + 0.3 * (z[i] as number) : -2 * c + 0.1 * (z[i] as number))) };
}

/** `ln p(x | c)` of one context and one feature, from Σ = L Lᵀ: the normal of x given c, weighted by that of c. */
function conditional(fit: ConditionalGaussianMixtureFit, c: number, x: number): number {
  let joint = 0;
  let marginal = 0;
  for (let k = 0; k < fit.components; k++) {
    const [l11, , l21, l22] = fit.scaleTrils.subarray(4 * k, 4 * k + 4) as unknown as [number, number, number, number];
    const z = (c - (fit.means[2 * k] as number)) / l11;
    const gate = ((fit.weights[k] as number) * Math.exp(-0.5 * z * z)) / l11;
    const y = (x - (fit.means[2 * k + 1] as number) - l21 * z) / l22;
    joint += (gate * Math.exp(-0.5 * y * y)) / l22 / Math.sqrt(2 * Math.PI);
    marginal += gate;
  }
  return Math.log(joint / marginal);
}

test("a line is found by one component, with its slope and noise", async () => {
  const context = Array.from({ length: 2500 }, (_, i) => (i % 50) / 10);
  const z = createKey(2).normal(2500);
  const x = context.map((c, i) => 1 + 2 * c + 0.5 * (z[i] as number));
  const fit = await fitConditionalGaussianMixture({ x, context }, options);
  expect([fit.components, fit.features, fit.contextFeatures]).toEqual([1, 2, 1]);
  const [l11, , l21, l22] = fit.scaleTrils as unknown as [number, number, number, number];
  expect(l21 / l11).toBeCloseTo(2, 1);
  expect(l22).toBeCloseTo(0.5, 1);
});

test("log-densities are those of x given the context", async () => {
  const [train, validation] = [bend(3000, 3), bend(500, 4)];
  const fit = await fitConditionalGaussianMixture(train, { key, validation });
  const mean = ({ x, context }: { x: number[]; context: number[] }): number =>
    x.reduce((sum, value, i) => sum + conditional(fit, context[i] as number, value), 0) / x.length;
  expect(fit.components).toBeGreaterThan(1);
  expect(fit.meanLogProb).toBeCloseTo(mean(train), 8);
  expect(fit.validationNll).toBeCloseTo(-mean(validation), 8);
  // The entropy of the noise is a bound that no model beats for long.
  const entropy = 0.5 * Math.log(2 * Math.PI * Math.E) + 0.5 * Math.log(0.3) + 0.5 * Math.log(0.1);
  expect(fit.validationNll as number).toBeGreaterThan(entropy - 0.1);
  expect(fit.validationNll as number).toBeLessThan(entropy + 0.15);
  expect(fit.tried[0]).toMatchObject({ components: 1 });
  expect(fit.tried[0]?.validationNll as number).toBeGreaterThan((fit.validationNll as number) + 0.5);
});

test("units of the context do not matter, those of x shift the densities", async () => {
  const { x, context } = bend(600, 3);
  const here = await fitConditionalGaussianMixture({ x, context }, { key, components: 4 });
  const there = await fitConditionalGaussianMixture(
    { x: x.map((value) => 1000 * value), context: context.map((value) => 5 - value / 64) },
    { key, components: 4 },
  );
  expect(there.meanLogProb).toBeCloseTo(here.meanLogProb - Math.log(1000), 6);
});

test("errors", async () => {
  const where = "fitConditionalGaussianMixture: expected";
  await expect(fitConditionalGaussianMixture({ x: [1, 2], context: [1] }, options)).rejects.toThrow(
    new ShapeError(`${where} 2 rows of context, one for each row of x, got 1.`),
  );
  const rows = { x: [1, 2], context: [1, 2] };
  await expect(fitConditionalGaussianMixture(rows, { key, validation: { x: [1], context: [[1, 2]] } })).rejects.toThrow(
    new ShapeError(`${where} 2 columns in validation, got 3.`),
  );
  await expect(
    fitConditionalGaussianMixture(
      { x: ndArray([1, 2], Float32Array.of(1, 2)), context: [1] },
      { key, validation: { x: [1], context: [[1, 2]] } },
    ),
  ).rejects.toThrow(new ShapeError(`${where} 1 columns in validation context, got 2.`));
  await expect(fitConditionalGaussianMixture({ x: [1], context: [Number.NaN] }, options)).rejects.toThrow(
    `${where} finite numbers in context, got NaN in row 1.`,
  );
});
