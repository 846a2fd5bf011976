import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { type RegressionRows, ridgeRegression } from "./ridge-regression.ts";

const key = createKey(20261127);

/** Rows of three regressors, of which two tell the target; the rest is noise. */
function rows(name: string, count: number, noise: number): RegressionRows {
  const regressors = Float64Array.from(key.fold(name).normal(3 * count));
  const errors = key.fold(`${name} errors`).normal(count);
  const targets = Float64Array.from(
    errors,
    (error, i) => 1.5 + 2 * (regressors[3 * i] as number) - 3 * (regressors[3 * i + 1] as number) + noise * error,
  );
  return { regressors, targets };
}

test("finds the linear function that the rows follow, and the error that is left", () => {
  const { weights, intercept, error } = ridgeRegression(rows("train", 400, 0.1), rows("validation", 200, 0.1));
  expect(weights[0]).toBeCloseTo(2, 1);
  expect(weights[1]).toBeCloseTo(-3, 1);
  expect(weights[2]).toBeCloseTo(0, 1);
  expect(intercept).toBeCloseTo(1.5, 1);
  expect(error).toBeGreaterThan(0.008);
  expect(error).toBeLessThan(0.013);
});

test("with one regressor it is the closed form Σxy/(Σx² + λ) of some penalty", () => {
  const x = Float64Array.from(key.fold("x").normal(50));
  const targets = x.map((value, i) => 0.7 * value + Math.sin(i));
  const { weights } = ridgeRegression({ regressors: x, targets }, { regressors: x, targets });
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value / values.length, 0);
  const [mx, my] = [mean(x), mean(targets)];
  const xx = x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
  const xy = x.reduce((sum, value, i) => sum + (value - mx) * ((targets[i] as number) - my), 0);
  // Its own rows choose the least penalty.
  expect(weights[0]).toBeCloseTo(xy / (xx + 0.1), 10);
});

test("more regressors than rows are no problem, and noise gets a high penalty", () => {
  const noise = (name: string): RegressionRows => ({
    regressors: Float64Array.from(key.fold(name).normal(20 * 40)),
    targets: Float64Array.from(key.fold(`${name} y`).normal(20)),
  });
  const { weights, error } = ridgeRegression(noise("a"), noise("b"));
  expect(weights.every(Number.isFinite)).toBe(true);
  expect(Math.max(...weights.map(Math.abs))).toBeLessThan(0.1);
  expect(error).toBeLessThan(2.5);
});
