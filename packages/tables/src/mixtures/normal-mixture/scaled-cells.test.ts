import { expect, test } from "vitest";
import { logNormalMass } from "./scaled-cells.ts";

// mpmath with 40 digits.
test.each([
  [-1, 1, -0.38171514630213],
  [Number.NEGATIVE_INFINITY, 0, -Math.LN2],
  [2, 2.001, -9.8276938121035],
  [2, 2.1, -5.3214403776083],
  [8, 9, -35.013618593437],
  [-9, -8, -35.013618593437],
  [20, Number.POSITIVE_INFINITY, -203.9171553711],
  [40, Number.POSITIVE_INFINITY, -804.60844201375],
])("of [%d, %d]", (low, high, expected) => {
  expect(logNormalMass(low, high) / expected).toBeCloseTo(1, 9);
});

test("is the same on both sides of the width from which a tangent is used", () => {
  for (const middle of [-3, -0.5, 0, 1, 2.5]) {
    const half = 0.01 / Math.max(1, Math.abs(middle));
    const [narrow, wide] = [half * (1 - 1e-9), half * (1 + 1e-9)];
    const difference = logNormalMass(middle - wide, middle + wide) - logNormalMass(middle - narrow, middle + narrow);
    expect(Math.abs(difference)).toBeLessThan(1e-8);
  }
});
