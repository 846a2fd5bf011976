import { createKey, normalQuantile } from "@pushforward/core";
import { expect, test } from "vitest";
import { kolmogorovSmirnov } from "./kolmogorov-smirnov.ts";

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
