import { expect, test } from "vitest";
import { binomialBand } from "./binomial-band.ts";

test("bands are those of SciPy", () => {
  // scipy.stats.binom(n, p).ppf([(1 − level)/2, (1 + level)/2])
  expect(binomialBand(300, 1 / 15, 0.99)).toEqual([10, 32]);
  expect(binomialBand(1000, 0.05, 0.99)).toEqual([33, 69]);
  expect(binomialBand(1000, 0.5, 0.99)).toEqual([459, 541]);
  expect(binomialBand(40, 0.5, 0.95)).toEqual([14, 26]);
  expect(binomialBand(5, 0.1, 0.99)).toEqual([0, 3]);
  expect(binomialBand(10_000, 0.3, 0.9)).toEqual([2925, 3075]);
  expect([binomialBand(7, 0, 0.9), binomialBand(7, 1, 0.9)]).toEqual([
    [0, 0],
    [7, 7],
  ]);
});
