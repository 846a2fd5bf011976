import { createKey } from "@pushforward/core";
import { normalQuantile } from "@pushforward/core/plain";
import { expect, test } from "vitest";
import { binomialBand, chiSquaredTail, kolmogorovSmirnov, kolmogorovTail } from "./tail-probabilities.ts";

// scipy.stats.chi2.sf
test.each([
  [1e-3, 2, 0.9995001249791693],
  [0.5, 1, 0.47950012218695337],
  [3.84, 1, 0.05004352124870519],
  [10, 10, 0.44049328506521257],
  [49.73, 23, 0.0009994680519561378],
  [300, 399, 0.9999335915350372],
  [450, 399, 0.03945116508697965],
  [520, 399, 4.127630841292131e-5],
])("P(χ² > %d) with %d degrees of freedom", (x, degrees, expected) => {
  expect(chiSquaredTail(x, degrees) / expected - 1).toBeCloseTo(0, 9);
});

test("the ends: everything above 0, nothing above infinity, and NaN is no evidence of a fit", () => {
  expect([chiSquaredTail(0, 3), chiSquaredTail(-1, 3), chiSquaredTail(Number.NaN, 3)]).toEqual([1, 1, 0]);
  expect(chiSquaredTail(1e6, 399)).toBe(0);
  expect(chiSquaredTail(Number.POSITIVE_INFINITY, 3)).toBe(0);
});

test("agrees with SciPy for two samples", () => {
  // scipy.stats.ks_2samp(…, method="exact").pvalue of two samples of 100 that are 0.1, 0.2 and 0.3 apart: the asymptotic ones come within a
  // quarter.
  for (const [statistic, exact] of [
    [0.1, 0.7020569828664881],
    [0.2, 0.03638428787491733],
    [0.3, 0.0002248739317492479],
  ] as const) {
    expect(kolmogorovTail(statistic, 50) / exact).toBeGreaterThan(0.75);
    expect(kolmogorovTail(statistic, 50) / exact).toBeLessThan(1.25);
  }
});

const powers = (exponent: number): number[] => Array.from({ length: 200 }, (_, i) => ((i + 0.5) / 200) ** exponent);

test("statistic and p-value agree with SciPy", () => {
  // scipy.stats.kstest(…, "uniform"): exact p-values, to which the asymptotic ones come within 5 %.
  const good = kolmogorovSmirnov(powers(1.1));
  expect(good.statistic).toBeCloseTo(0.037548894167131086, 12);
  expect(good.pValue / 0.9304205348007165).toBeCloseTo(1, 1);
  const poor = kolmogorovSmirnov(powers(1.3));
  expect(poor.statistic).toBeCloseTo(0.098742390244563, 12);
  expect(poor.pValue / 0.03774112155868248).toBeCloseTo(1, 1);
});

test("the limiting distribution agrees with SciPy on both sides of where the series change", () => {
  // scipy.special.kolmogorov(λ); one step of the empirical cdf of size d, for n so large that the correction is small.
  const reference: readonly [number, number][] = [
    [0.3, 0.9999906941986655],
    [0.5, 0.9639452436648751],
    [0.8, 0.5441424115741981],
    [1.0, 0.26999967167735456],
    [1.18, 0.1234538094297657],
    [1.5, 0.022217962616525127],
    [1.95, 0.00099591084288358],
  ];
  const n = 40_000;
  for (const [lambda, expected] of reference) {
    const distance = lambda / (Math.sqrt(n) + 0.12 + 0.11 / Math.sqrt(n));
    const values = Array.from({ length: n }, (_, i) => Math.max(0, (i + 1) / n - distance));
    const found = kolmogorovSmirnov(values);
    expect(found.statistic).toBeCloseTo(distance, 10);
    expect(found.pValue).toBeCloseTo(expected, 6);
  }
});

test("samples of the right law pass, of a wrong one and NaN do not", () => {
  const uniforms = createKey(1).uniform(5000).sort();
  expect(kolmogorovSmirnov(uniforms).pValue).toBeGreaterThan(1e-3);
  expect(kolmogorovSmirnov(uniforms.map((u) => u ** 1.1)).pValue).toBeLessThan(1e-6);
  expect(kolmogorovSmirnov(uniforms.map((u) => normalQuantile(u))).pValue).toBe(0);
  expect(kolmogorovSmirnov([0.5, Number.NaN])).toEqual({ statistic: 1, pValue: 0 });
});

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
