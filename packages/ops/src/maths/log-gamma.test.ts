import { expect, test } from "vitest";
import { logGamma } from "./special-functions.ts";

test("logGamma agrees with SciPy", () => {
  // scipy.special.gammaln
  expect(logGamma(0.5)).toBeCloseTo(0.5723649429247, 11);
  expect(logGamma(1.5)).toBeCloseTo(-0.12078223763524526, 11);
  expect(logGamma(10)).toBeCloseTo(12.801827480081469, 11);
  expect(logGamma(199.5)).toBeCloseTo(855.2863892734528, 9);
});
