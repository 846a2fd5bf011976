import { expect, test } from "vitest";
import { digamma, scaledBessel } from "./special-functions.ts";
import { regularizedBeta, regularizedGamma } from "./tail-probabilities.ts";

/** Relative difference; 0 for equal numbers. */
function error(got: number | undefined, expected: number): number {
  return got === expected ? 0 : Math.abs((got as number) / expected - 1);
}

// All numbers of this file: scipy.special and scipy.stats, SciPy 1.15.3.

test.each([
  [2, 3, 0.8008517265285442, 0.1991482734714558, -1.6137056388801092],
  [0.5, 1e-6, 0.0011283787909692373, 0.9988716212090307, -0.0011290158896213557],
  [0.1, 30, 0.9999999999999996, 4.476766580012687e-16, -35.34246044759442],
  [150, 100, 1.8842104660386844e-6, 0.999998115789534, -1.8842122411654543e-6],
  [1e4, 10500, 0.9999995724127545, 4.275872455059654e-7, -14.66510748633682],
])("regularizedGamma(%d, %d) agrees with SciPy in both tails", (a, z, lower, upper, logUpper) => {
  const got = regularizedGamma(a, z);
  expect(error(got.lower, lower)).toBeLessThan(1e-10);
  expect(error(got.upper, upper)).toBeLessThan(1e-10);
  expect(error(got.logUpper, logUpper)).toBeLessThan(1e-10);
});

test("regularizedGamma at the ends", () => {
  expect(regularizedGamma(0.5, 0)).toEqual({ lower: 0, upper: 1, logUpper: 0 });
  expect(regularizedGamma(0.5, Number.POSITIVE_INFINITY).upper).toBe(0);
  // log erfc(√1000) = scipy.special.log_ndtr(−√2000) + ln 2.
  expect(error(regularizedGamma(0.5, 1000).logUpper, -1004.0267419589522)).toBeLessThan(1e-12);
});

test.each([
  [2, 3, 0.5, 0.6875, 0.3125],
  [0.1, 0.2, 1e-5, 0.21660384226709245, 0.7833961577329075],
  [300, 2, 0.9, 5.809175882042903e-13, 0.9999999999994191],
  [50, 60, 0.9, 1, 1.793003538238216e-31],
  [1e4, 2e4, 0.34, 0.9927137480100211, 0.007286251989972617],
])("regularizedBeta(%d, %d, %d) agrees with SciPy in both tails", (a, b, x, lower, upper) => {
  const got = regularizedBeta(a, b, x);
  expect(error(got.lower, lower)).toBeLessThan(1e-9);
  expect(error(got.upper, upper)).toBeLessThan(1e-9);
});

test.each([
  [1e-3, -1000.5755719318103],
  [0.5, -1.9635100260214235],
  [1, -0.5772156649015329],
  [7.25, 1.9104535268837362],
  [1e5, 11.512920464961896],
])("digamma(%d) agrees with SciPy", (a, expected) => expect(error(digamma(a), expected)).toBeLessThan(1e-13));

test.each([
  [0, 1, 0, undefined],
  [1e-3, 0.9990007495835156, 0.0004995003123542212, 2.601563931727606e-15],
  [1, 0.4657596075936404, 0.20791041534970842, 0.0010069302573377757],
  [50, 0.0565616266474542, 0.0559931238928954, 0.048124217080831616],
  [1e5, 0.0012615678379767766, 0.0012615615301218171, 0.0012614669160820693],
])("scaledBessel(%d) agrees with SciPy", (kappa, zeroth, first, fourth) => {
  const got = scaledBessel(kappa);
  expect(error(got[0], zeroth)).toBeLessThan(1e-12);
  expect(error(got[1] ?? 0, first)).toBeLessThan(1e-12);
  if (fourth !== undefined) expect(error(got[4], fourth)).toBeLessThan(1e-12);
});
