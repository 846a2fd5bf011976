import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { GaussianMixture } from "@pushforward/distributions";
import { beforeAll, expect, test } from "vitest";
import { ConditionalDensities, MarginalDensities, SmoothedMixture } from "./mixtures.ts";

const covariances = [
  [
    [1, 0.6, 0.2],
    [0.6, 0.8, -0.1],
    [0.2, -0.1, 0.5],
  ],
  [
    [0.3, -0.2, 0],
    [-0.2, 0.9, 0.3],
    [0, 0.3, 0.4],
  ],
];
const [weights, means] = [
  [0.7, 0.3],
  [
    [0, 1, -1],
    [3, 0, 1],
  ],
];
const mixture = new GaussianMixture({ weights, means, covariances });
const rows = Float64Array.from(createKey(1).normal(60), (z) => 2 * z);
const table = Array.from({ length: 20 }, (_, i) => Array.from(rows.subarray(3 * i, 3 * i + 3)));

beforeAll(() => useBackend("cpu"));

/** The log-densities of some features of the rows, of a mixture with more on its diagonals. */
function direct(features: readonly number[], variances: readonly number[]): number[] {
  const smoothed = new GaussianMixture({
    weights,
    means: means.map((mean) => features.map((j) => mean[j] as number)),
    covariances: covariances.map((matrix) =>
      features.map((i) => features.map((j) => (matrix[i]?.[j] as number) + (i === j ? (variances[i] as number) : 0))),
    ),
  });
  return Array.from(smoothed.logProb(table.map((row) => features.map((j) => row[j] as number))).dataSync());
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((actual[i] as number) - value)).toBeLessThan(2e-4 * Math.max(1, Math.abs(value)));
  }
}

test("noise adds to the diagonals, and features are left out by leaving out their rows and columns", () => {
  const variances = [0.1, 0, 1];
  const noise = Float64Array.from(variances);
  const numbers = mixture.numbers();
  expectClose(new SmoothedMixture(numbers, { variances: noise }).logProb(rows, 3), direct([0, 1, 2], variances));
  const part = new SmoothedMixture(numbers, { variances: noise, features: [0, 2] });
  expectClose(part.logProb(rows, 3), direct([0, 2], variances));
});

test("a feature given the others has the joint density over that of the others", () => {
  const conditionals = new ConditionalDensities(mixture.numbers(), 0.01).logProb(rows);
  const variances = [0.01, 0.01, 0.01];
  const joint = direct([0, 1, 2], variances);
  for (const j of [0, 1, 2]) {
    const others = direct(
      [0, 1, 2].filter((i) => i !== j),
      variances,
    );
    expectClose(
      Float64Array.from({ length: 20 }, (_, i) => conditionals[3 * i + j] as number),
      joint.map((value, i) => value - (others[i] as number)),
    );
  }
});

test("the marginals are averaged", () => {
  const single = [0, 1, 2].map((j) => direct([j], [0.01, 0.01, 0.01]));
  const mean = Array.from({ length: 20 }, (_, i) => single.reduce((sum, values) => sum + (values[i] as number) / 3, 0));
  expectClose(new MarginalDensities(mixture.numbers(), 0.01).meanLogProb(rows), mean);
});
