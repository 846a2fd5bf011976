import { createKey, DataError, OptionError, ShapeError } from "@pushforward/core";
import { expect, test } from "vitest";
import { type ClassGaussianMixtureFit, fitGaussianMixturePerClass } from "../index.ts";

const key = createKey(1);

/** Class c is a pair of normals around ± 3 (c + 1); the last classes have few rows. */
function pairs(counts: readonly number[], seed: number): { rows: number[][]; classes: number[] } {
  const classes = counts.flatMap((count, c) => new Array<number>(count).fill(c));
  const z = createKey(seed).normal(2 * classes.length);
  const rows = classes.map((c, i) => [
    (i % 2 ? 3 : -3) * (c + 1) + 0.5 * (z[2 * i] as number),
    (z[2 * i] as number) + 0.2 * (z[2 * i + 1] as number),
  ]);
  return { rows, classes };
}

function logDensity(fit: ClassGaussianMixtureFit, label: number, x: readonly number[]): number {
  const { components: K, features: d } = fit;
  let sum = 0;
  for (let k = label * K; k < (label + 1) * K; k++) {
    let log = Math.log(fit.weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
    const z: number[] = [];
    for (let i = 0; i < d; i++) {
      let rest = (x[i] as number) - (fit.means[k * d + i] as number);
      for (let j = 0; j < i; j++) rest -= (fit.scaleTrils[(k * d + i) * d + j] as number) * (z[j] as number);
      z.push(rest / (fit.scaleTrils[(k * d + i) * d + i] as number));
      log -= Math.log(fit.scaleTrils[(k * d + i) * d + i] as number) + (z[i] as number) ** 2 / 2;
    }
    sum += Math.exp(log);
  }
  return Math.log(sum);
}

function mean(fit: ClassGaussianMixtureFit, { rows, classes }: ReturnType<typeof pairs>): number {
  return rows.reduce((sum, row, i) => sum + logDensity(fit, classes[i] as number, row), 0) / rows.length;
}

test("each class has its mixture", async () => {
  const [train, validation] = [pairs([400, 300, 200], 1), pairs([100, 100, 100], 2)];
  const fit = await fitGaussianMixturePerClass(train.rows, train.classes, 3, { key, validation });
  expect([fit.classes, fit.features, fit.reason]).toEqual([3, 2, "completed"]);
  expect(fit.components).toBeGreaterThanOrEqual(2);
  expect([fit.weights.length, fit.means.length, fit.scaleTrils.length]).toEqual(
    [1, 2, 4].map((size) => size * 3 * fit.components),
  );
  for (let c = 0; c < 3; c++) {
    const K = fit.components;
    expect(fit.weights.subarray(c * K, (c + 1) * K).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    for (let k = c * K; k < (c + 1) * K; k++) {
      expect(Math.abs(Math.abs(fit.means[2 * k] as number) - 3 * (c + 1))).toBeLessThan(2);
    }
  }
  expect(fit.meanLogProb).toBeCloseTo(mean(fit, train), 8);
  expect(fit.validationNll).toBeCloseTo(-mean(fit, validation), 8);
  // All sizes with all priors, and the best of all.
  expect(fit.validationNll).toBe(Math.min(...fit.tried.map(({ validationNll }) => validationNll as number)));
  expect(new Set(fit.tried.map(({ prior }) => prior.strength))).toEqual(new Set([1, 4, 16]));
  const again = await fitGaussianMixturePerClass(train.rows, Int32Array.from(train.classes), 3, { key, validation });
  expect(again).toEqual(fit);
});

test("a class with few rows is drawn towards the others, one without has the normal of all", async () => {
  const train = pairs([400, 400, 1, 0, 15], 1);
  const fit = await fitGaussianMixturePerClass(train.rows, train.classes, 5, { key, components: 2 });
  expect(fit.prior).toEqual({ strength: 4, shape: "full" });
  for (const numbers of [fit.weights, fit.means, fit.scaleTrils]) {
    expect(Array.from(numbers).every(Number.isFinite)).toBe(true);
  }
  // One row: copies of one normal around it, as wide as the rows of the other classes about their means.
  const row = train.rows[800] as number[];
  expect(Array.from(fit.means.subarray(8, 12))).toEqual([...row, ...row].map((x) => expect.closeTo(x, 9)));
  expect(Array.from(fit.weights.subarray(4, 6))).toEqual([0.5, 0.5]);
  expect(fit.scaleTrils[16] as number).toBeGreaterThan(3);
  expect(fit.scaleTrils[16] as number).toBeLessThan(8);
  // No row: mean and covariance of all.
  const n = train.rows.length;
  const total = [0, 1].map((j) => train.rows.reduce((sum, x) => sum + (x[j] as number) / n, 0));
  expect(Array.from(fit.means.subarray(12, 14))).toEqual(total.map((x) => expect.closeTo(x, 9)));
  const variance = train.rows.reduce((sum, x) => sum + ((x[0] as number) - (total[0] as number)) ** 2 / n, 0);
  expect((fit.scaleTrils[24] as number) ** 2 / variance).toBeCloseTo(1, 4);
});

test("classes of one row each", async () => {
  const fit = await fitGaussianMixturePerClass([[0], [1], [2], [5]], [0, 1, 2, 3], 4, { key });
  expect(fit.components).toBe(1);
  expect(Array.from(fit.scaleTrils).every((scale) => scale > 0.1 && scale < 5)).toBe(true);
});

test("a tenth is held out when there are no validation rows; the signal ends it", async () => {
  const { rows, classes } = pairs([200, 200], 1);
  const fit = await fitGaussianMixturePerClass(rows, classes, 2, { key });
  expect(fit.rows).toBe(360);
  expect(fit.validationNll).toBeDefined();
  const controller = new AbortController();
  const early = await fitGaussianMixturePerClass(rows, classes, 2, {
    key,
    components: 4,
    tolerance: 0,
    signal: controller.signal,
    onProgress: (progress) => progress.class === 0 && progress.step === 3 && controller.abort(),
  });
  expect([early.reason, early.steps]).toEqual(["aborted", 3]);
  expect(early.meanLogProb).toBeCloseTo(mean(early, { rows, classes }), 8);
});

test("errors", async () => {
  const where = "fitGaussianMixturePerClass: expected";
  const rows = [[1], [2]];
  await expect(fitGaussianMixturePerClass(rows, [0], 2, { key })).rejects.toThrow(
    new ShapeError(`${where} 2 classes, one for each row, got 1.`),
  );
  const error = await fitGaussianMixturePerClass(rows, [0, 2], 2, { key }).catch((reason) => reason);
  expect(error).toEqual(new DataError(`${where} classes from 0 to 1, got 2 in row 2.`, { row: 2 }));
  await expect(fitGaussianMixturePerClass(rows, [0, 0.5], 2, { key })).rejects.toThrow("got 0.5 in row 2");
  await expect(fitGaussianMixturePerClass(rows, [0, 1], 0, { key })).rejects.toThrow(
    new OptionError(`${where} the number of classes to be an integer from 1, got 0.`),
  );
  await expect(
    fitGaussianMixturePerClass(rows, [0, 1], 2, { key, validation: { rows: [[1, 2]], classes: [0] } }),
  ).rejects.toThrow(new ShapeError(`${where} 1 columns in validation rows, got 2.`));
});
