import type { NumberDomain } from "@pushforward/columns/extend";
import { expect, test } from "vitest";
import { numberFloor } from "./number-floor.ts";

const domains: readonly (readonly [string, NumberDomain | undefined])[] = [
  ["the line", undefined],
  ["a half-line", { low: 0 }],
  ["a half-line far from the center", { low: -40 }],
  ["an interval", { low: -1, high: 7 }],
  ["a circle", { low: -3, high: 9, isCircular: true }],
];

test.each(domains)("the density over %s integrates to 1, and there is none outside", (_, domain) => {
  const floor = numberFloor({ center: 2, scale: 0.7, step: 0, domain });
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = domain ?? {};
  // x = tan t, in which the tails of a Cauchy distribution are finite.
  const points = 200_000;
  const [from, to] = [Math.atan(low), Math.atan(high)];
  let integral = 0;
  for (let i = 0; i < points; i++) {
    const t = from + ((to - from) * (i + 0.5)) / points;
    integral += (Math.exp(floor(Math.tan(t))) / Math.cos(t) ** 2) * ((to - from) / points);
  }
  expect(integral).toBeCloseTo(1, 6);
  if (domain === undefined) return;
  expect(floor(domain.low - 1e-9)).toBe(Number.NEGATIVE_INFINITY);
  if (domain.high !== undefined) expect(floor(domain.high + 1e-9)).toBe(Number.NEGATIVE_INFINITY);
  if (domain.high !== undefined) expect(Number.isFinite(floor(domain.high))).toBe(domain.isCircular !== true);
});

test.each(domains)("the masses of a grid over %s have the sum 1", (_, domain) => {
  for (const step of [1, 0.25]) {
    const floor = numberFloor({ center: 2, scale: 0.7, step, domain });
    let sum = 0;
    for (let i = -400_000; i <= 400_000; i++) sum += Math.exp(floor(i * step));
    expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
  }
});

test("on a grid of tenths no point is lost to rounding", () => {
  const floor = numberFloor({ center: 0.3, scale: 1, step: 0.1, domain: { low: 0, high: 1 } });
  expect(Math.exp(floor(0.7))).toBeCloseTo(1 / 11, 12);
  const circle = numberFloor({ center: 0.3, scale: 1, step: 0.1, domain: { low: 0, high: 1, isCircular: true } });
  expect(Math.exp(circle(0.7))).toBeCloseTo(1 / 10, 12);
});

test("huge bounds and numbers stay finite", () => {
  const wide = numberFloor({ center: 1, scale: 1, step: 0, domain: { low: 0, high: 1e300 } });
  expect(wide(1e299)).toBeCloseTo(-300 * Math.LN10, 6);
  expect(Number.isFinite(numberFloor({ center: 1, scale: 1, step: 0, domain: { low: 0 } })(1e300))).toBe(true);
});
