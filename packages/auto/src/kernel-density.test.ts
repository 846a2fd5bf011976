import { createKey, ndArray } from "@pushforward/core";
import { expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { kernelDensityNll } from "./kernel-density.ts";

test("is the best of its bandwidths, each computed from the formula", () => {
  const train = ndArray([40, 2], Float64Array.from(createKey(0).normal(80)));
  const rows = ndArray([15, 2], Float64Array.from(createKey(1).normal(30)));
  const nll = (h: number): number => {
    let sum = 0;
    for (let i = 0; i < 15; i++) {
      let density = 0;
      for (let k = 0; k < 40; k++) {
        const [dx, dy] = [0, 1].map((j) => (rows.data[2 * i + j] as number) - (train.data[2 * k + j] as number)) as [
          number,
          number,
        ];
        density += Math.exp(-(dx * dx + dy * dy) / (2 * h * h)) / (2 * Math.PI * h * h) / 40;
      }
      sum -= Math.log(density);
    }
    return sum / 15;
  };
  const best = Math.min(...Array.from({ length: 24 }, (_, i) => nll(0.02 * 1.25 ** i)).filter(Number.isFinite));
  expect(kernelDensityNll(train, rows)).toBeCloseTo(best, 8);
});

test.runIf(DEEP)("near the truth with many rows", () => {
  const train = ndArray([4000, 1], Float64Array.from(createKey(2).normal(4000)));
  const rows = ndArray([1000, 1], Float64Array.from(createKey(3).normal(1000)));
  expect(kernelDensityNll(train, rows)).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E), 1);
});

test("far from every training row it is finite", () => {
  const train = ndArray([2, 1], Float64Array.of(0, 1));
  expect(Number.isFinite(kernelDensityNll(train, ndArray([1, 1], Float64Array.of(500))))).toBe(true);
});
