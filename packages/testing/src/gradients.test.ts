import { expect, test } from "vitest";
import { type Slopes, slopesAtZero } from "./gradients.ts";

function slopesOf(f: (h: number) => number): Slopes {
  return slopesAtZero((steps) => steps.map((h) => Float64Array.of(Math.fround(f(h)))), Float64Array.of(2 ** -24));
}

test("slopes of smooth functions are within the error that is given", () => {
  for (const [f, exact] of [
    [(h: number) => Math.sin(1 + h), Math.cos(1)],
    [(h: number) => Math.exp(3 * h), 3],
    [(h: number) => (2 + h) ** 5, 80],
    [() => 0.3, 0],
  ] as const) {
    const { slope, error } = slopesOf(f);
    expect(Math.abs((slope[0] as number) - exact)).toBeLessThanOrEqual(error[0] as number);
    expect(error[0]).toBeLessThan(2e-3 * Math.max(1, Math.abs(exact)));
  }
});

test("a kink at the point is an error as large as the change of the slope", () => {
  const { error } = slopesOf((h) => Math.abs(h));
  expect(error[0]).toBeGreaterThan(1);
});

test("a kink away from the point is passed by with a finer step", () => {
  const { slope, error } = slopesOf((h) => 2 * h + 5 * Math.max(0, h - 0.03));
  expect(slope[0]).toBeCloseTo(2, 3);
  expect(error[0]).toBeLessThan(0.01);
});

test("what varies within a coarse step shows in the finer ones", () => {
  // Slope 1,000 within ±1/2,000, none outside.
  const { error } = slopesOf((h) => Math.max(-0.5, Math.min(0.5, 1000 * h)));
  expect(error[0]).toBeGreaterThan(100);
});

test("steps that leave the domain tell nothing", () => {
  const inside = slopesOf((h) => Math.log(0.01 + h));
  expect(inside.slope[0]).toBeCloseTo(100, 0);
  const outside = slopesOf((h) => (h === 0 ? 0 : Number.NEGATIVE_INFINITY));
  expect(outside.error[0]).toBe(Number.POSITIVE_INFINITY);
});
