import { expect, test } from "vitest";
import { SoftLog } from "./soft-log.ts";

test.each([0.01, 1, 300])("is a bijection with the slope that it tells, scale %d", (scale) => {
  const log = new SoftLog(scale);
  for (const t of [1e-12, 1e-3, 0.1, 1, 5, 30, 1e4]) {
    const x = t * scale;
    expect(log.inverse(log.forward(x)) / x).toBeCloseTo(1, 9);
    const h = 1e-5 * x;
    const slope = (log.forward(x + h) - log.forward(x - h)) / (2 * h);
    expect(log.logSlope(x)).toBeCloseTo(Math.log(slope), 5);
  }
});

test("is the logarithm near 0, and nearly the number itself far above the scale", () => {
  const log = new SoftLog(2);
  expect(log.forward(2e-9)).toBeCloseTo(2 * Math.log(1e-9), 6);
  expect(log.forward(100)).toBeCloseTo(100, 12);
  // No draw is below 0, and none overflows.
  expect(log.inverse(-50)).toBeGreaterThan(0);
  expect(log.inverse(1e6)).toBe(1e6);
});
