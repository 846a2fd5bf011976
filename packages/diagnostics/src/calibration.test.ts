// What is known of the linear Gaussian model: its exact posterior passes every test, wrong ones fail those that can see it.

import { createKey } from "@pushforward/core";
import { normalCdf } from "@pushforward/core/plain";
import { describe, expect, test } from "vitest";
import { LinearGaussian, type Runs, type Variant, variants } from "../test/linear-gaussian.ts";
import { withProduct } from "../test/with-product.ts";
import { expectedCoverage, pit, simulationBasedCalibration, tarp } from "./index.ts";

const key = createKey("calibration");

/** The p-value of each test. */
const tests: Readonly<Record<string, (runs: Runs) => number>> = {
  "simulation-based calibration": ({ truths, draws }) => simulationBasedCalibration(truths, draws, { key }).pValue,
  "simulation-based calibration with a product": ({ truths, draws }) =>
    simulationBasedCalibration(withProduct(truths), withProduct(draws), { key }).pValue,
  "expected coverage": ({ truthLogProb, drawsLogProb }) => expectedCoverage(truthLogProb, drawsLogProb, { key }).pValue,
  TARP: ({ truths, draws }) => tarp(truths, draws, { key }).pValue,
  "TARP with references that follow the observation": ({ truths, draws, observations }) =>
    tarp(truths, draws, { key, references: observations }).pValue,
  PIT: ({ base }) => pit({ shape: base.shape, data: Float64Array.from(base.data, normalCdf) }).pValue,
};

/** Wrong posteriors that a test cannot see, or not with 1,500 runs; a limit that goes would be seen here. */
const blind: Readonly<Record<string, readonly Variant[]>> = {
  // Margins are right.
  "simulation-based calibration": ["uncorrelated"],
  // References that know nothing of the observation are mostly far away: their regions are almost half-spaces.
  TARP: ["uncorrelated"],
};

describe.each([2, 5])("%d dimensions", (size) => {
  const model = new LinearGaussian(size);
  describe.each(variants)("%s", (variant) => {
    const runs = model.runs(variant, 1500, 99, key.fold(size).fold(variant));
    test.each(Object.entries(tests))("%s", (name, pValueOf) => {
      const pValue = pValueOf(runs);
      if (variant === "exact" || blind[name]?.includes(variant)) expect(pValue).toBeGreaterThan(1e-3);
      else expect(pValue).toBeLessThan(1e-3);
    });
  });
});

test("histograms and curves show how a posterior errs", () => {
  const model = new LinearGaussian(2);
  const of = (variant: Variant): { counts: Int32Array; outside: number; bias: number } => {
    const { truths, draws, truthLogProb, drawsLogProb } = model.runs(variant, 1000, 99, key.fold(variant));
    const { columns } = simulationBasedCalibration(truths, draws, { key, bins: 10 });
    const { bias } = expectedCoverage(truthLogProb, drawsLogProb, { key });
    return { counts: columns[0]?.counts as Int32Array, outside: columns[0]?.outside as number, bias };
  };
  const [exact, narrow, wide, shifted] = (["exact", "narrow", "wide", "shifted"] as const).map(of) as [
    ReturnType<typeof of>,
    ReturnType<typeof of>,
    ReturnType<typeof of>,
    ReturnType<typeof of>,
  ];
  expect(exact.outside).toBe(0);
  expect(Math.abs(exact.bias)).toBeLessThan(3 / Math.sqrt(12 * 1000));
  // ∪, ∩ and a slope: truths lie below a posterior that is shifted upwards.
  expect(narrow.counts[0]).toBeGreaterThan(140);
  expect(narrow.counts[9]).toBeGreaterThan(140);
  expect(wide.counts[0]).toBeLessThan(60);
  expect(wide.counts[9]).toBeLessThan(60);
  expect(shifted.counts[0]).toBeGreaterThan(2 * (shifted.counts[9] as number));
  expect(narrow.bias).toBeLessThan(-0.05);
  expect(wide.bias).toBeGreaterThan(0.05);
});
