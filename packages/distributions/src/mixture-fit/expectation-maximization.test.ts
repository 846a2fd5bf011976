import { createKey } from "@pushforward/core";
import { type HostRows, TimeSlice } from "@pushforward/core/plain";
import { expect, test } from "vitest";
import { maximizeLikelihood, meanLogDensity, mixtureStart } from "./expectation-maximization.ts";
import { Seeds } from "./k-means.ts";
import type { Shrinkage } from "./maximization.ts";
import { hardResponsibilities } from "./responsibilities.ts";
import { packAllRows } from "./row-statistics.ts";

const slice = new TimeSlice();

function table(n: number, d: number, of: (i: number, j: number, z: number) => number): HostRows {
  const z = createKey(`${n} ${d}`).normal(n * d);
  const data = Float64Array.from(z, (value, at) => of(Math.floor(at / d), at % d, value));
  return { rows: n, columns: d, data };
}

async function run(rows: HostRows, components: number, shrinkage: Partial<Shrinkage>, maxSteps: number) {
  const seeds = new Seeds(rows.data, rows.columns, createKey(5));
  const start = await mixtureStart(rows, seeds, components, slice, undefined);
  const steps: number[] = [];
  const fit = await maximizeLikelihood(
    "test",
    { ...start, shares: hardResponsibilities(start.rows, start.labels) },
    { strength: 0, target: new Float64Array(rows.columns ** 2), ridge: 1e-5, weightRows: 0, ...shrinkage },
    {
      maxSteps,
      tolerance: Number.NEGATIVE_INFINITY,
      slice,
      signal: undefined,
      onStep: (_step, logProb) => steps.push(logProb),
    },
  );
  return { fit, steps };
}

// The ridge is no part of the likelihood, and lets it fall where it is felt.
test("without shrinkage the likelihood never falls, also where some components are not looked at", async () => {
  const rows = table(1500, 2, (i, j, z) => (i % 5) * (j === 0 ? 3 : (i % 2) - 1) + (1 + (i % 3) / 2) * z);
  const { steps } = await run(rows, 6, { ridge: 0 }, 80);
  expect(steps).toHaveLength(81);
  for (let i = 1; i < steps.length; i++) {
    expect(steps[i] as number).toBeGreaterThan((steps[i - 1] as number) - 1e-9);
  }
  // There were both kinds of steps.
  const gains = steps.slice(1).map((value, i) => value - (steps[i] as number));
  expect(gains.some((gain) => gain > 0.02)).toBe(true);
  expect(gains.filter((gain) => gain < 0.02).length).toBeGreaterThan(8);
});

test("the likelihood that is told is that of the mixture", async () => {
  const rows = table(700, 4, (i, j, z) => ((i % 4) - 1) * (j + 1) + z);
  for (const maxSteps of [1, 9, 10, 11, 12, 13]) {
    const { fit } = await run(rows, 6, {}, maxSteps);
    const again = await meanLogDensity(packAllRows(rows), fit, slice);
    expect(fit.meanLogProb).toBeCloseTo(again, 9);
  }
});

test("covariances do not cancel far from 0", async () => {
  const near = table(300, 2, (i, _j, z) => (i % 2) + z);
  const far = { ...near, data: near.data.map((value) => value + 2 ** 27) };
  const [a, b] = [await run(near, 1, {}, 1), await run(far, 1, {}, 1)];
  a.fit.scaleTrils.forEach((value, i) => {
    expect(b.fit.scaleTrils[i] as number).toBeCloseTo(value, 6);
  });
});

test("one step of one component is the formula", async () => {
  const rows = table(5, 2, (i, j, z) => i * j + z);
  const target = Float64Array.of(2, 0.3, 0.3, 1);
  const { fit } = await run(rows, 1, { strength: 3, target, ridge: 0.01, weightRows: 1 }, 1);
  const mean = [0, 1].map((j) => [0, 1, 2, 3, 4].reduce((sum, i) => sum + (rows.data[2 * i + j] as number) / 5, 0));
  for (const [a, b] of [
    [0, 0],
    [1, 0],
    [1, 1],
  ] as const) {
    let scatter = 0;
    for (let i = 0; i < 5; i++) {
      scatter +=
        ((rows.data[2 * i + a] as number) - (mean[a] as number)) *
        ((rows.data[2 * i + b] as number) - (mean[b] as number));
    }
    const expected = (scatter + 3 * (target[2 * a + b] as number)) / 8 + (a === b ? 0.01 : 0);
    const l = fit.scaleTrils;
    const got = (l[2 * a] as number) * (l[2 * b] as number) + (l[2 * a + 1] as number) * (l[2 * b + 1] as number);
    expect(got).toBeCloseTo(expected, 12);
  }
  expect(fit.weights).toEqual(Float64Array.of(1));
});

test("a component without rows keeps its mean and has the prior's covariance", async () => {
  const rows = table(4, 1, () => 1);
  const { fit } = await run(rows, 2, { strength: 1, target: Float64Array.of(4), weightRows: 1 }, 0);
  expect(Array.from(fit.means)).toEqual([1, 1]);
  expect(Array.from(fit.weights)).toEqual([5 / 6, 1 / 6]);
  expect(fit.scaleTrils[1]).toBeCloseTo(Math.sqrt(4 + 1e-5), 12);
});
