import { expect, test } from "vitest";
import { kolmogorovTail } from "./kolmogorov-tail.ts";

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
