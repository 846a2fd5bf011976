import { createKey } from "@pushforward/core";
import { normalTail } from "@pushforward/ops";
import { expect, test } from "vitest";
import { countValues, kernelKnots } from "./kernel-knots.ts";

const z = createKey(20261127).normal(400);

function at({ knots, cumulative }: ReturnType<typeof kernelKnots>, x: number): number {
  const k = knots.findIndex((knot) => knot >= x);
  const [from, to] = [knots[k - 1] as number, knots[k] as number];
  const [low, high] = [cumulative[k - 1] as number, cumulative[k] as number];
  return low + ((high - low) * (x - from)) / (to - from);
}

test("rises from 0 to 1, and is near the distribution that the values come from", () => {
  const found = kernelKnots(countValues(Float64Array.from(z)), { low: -4, high: 4, step: 0 });
  expect([found.knots[0], found.knots.at(-1)]).toEqual([-4, 4]);
  expect([found.cumulative[0], found.cumulative.at(-1)]).toEqual([0, 1]);
  expect(found.knots.every((x, k) => k === 0 || x > (found.knots[k - 1] as number))).toBe(true);
  expect(found.cumulative.every((u, k) => k === 0 || u >= (found.cumulative[k - 1] as number))).toBe(true);
  for (const x of [-2, -1, -0.3, 0, 0.5, 1.4, 2.2]) expect(Math.abs(at(found, x) - normalTail(-x))).toBeLessThan(0.04);
});

test("is the sum of normal kernels of all values, with the width of Silverman", () => {
  const values = Float64Array.from(z, (value) => Math.exp(value)).sort();
  const { knots, cumulative } = kernelKnots(countValues(values), { low: 0, high: 30, step: 0 });
  const quantile = (share: number): number => values[Math.ceil(share * 400) - 1] as number;
  const mean = values.reduce((sum, x) => sum + x / 400, 0);
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2 / 400, 0));
  const width = 0.9 * Math.min(deviation, (quantile(0.75) - quantile(0.25)) / 1.34) * 400 ** -0.2;
  const sumAt = (x: number): number => values.reduce((sum, value) => sum + normalTail((value - x) / width), 0);
  const [from, to] = [sumAt(0), sumAt(30)];
  for (const [k, x] of knots.entries()) expect(cumulative[k]).toBeCloseTo((sumAt(x) - from) / (to - from), 10);
});

test("knots lie between the cells of a grid", () => {
  const values = Float64Array.from(z, (value) => Math.round(10 * value) / 10);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const { knots } = kernelKnots(countValues(values), { low: least - 0.05, high: most + 0.05, step: 0.1 });
  for (const x of knots)
    expect(Math.abs((x - least) / 0.1 + 0.5 - Math.round((x - least) / 0.1 + 0.5))).toBeLessThan(1e-6);
});

test("a long tail and a dense place both have knots", () => {
  const values = Float64Array.from(z, (value) => value ** 4);
  const { knots } = kernelKnots(countValues(values), { low: -0.01, high: Math.max(...values) + 0.01, step: 0 });
  expect(knots.filter((x) => x < 1).length).toBeGreaterThan(20);
  expect(knots.filter((x) => x > Math.max(...values) / 2).length).toBeGreaterThan(10);
});
