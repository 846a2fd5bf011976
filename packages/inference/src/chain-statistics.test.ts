import { createKey } from "@pushforward/core";
import { describe, expect, it } from "vitest";
import { chainStatistics } from "./chain-statistics.ts";

/** Autoregressive chains of order one: x ← ρx + √(1 − ρ²)z, whose effective sample size is n (1 − ρ)/(1 + ρ). */
function chainsOf(chains: number, steps: number, rho: number, shift: (chain: number) => number): Float64Array {
  const z = createKey(5).normal(chains * (steps + 1));
  const state = Float64Array.from(z.subarray(0, chains));
  const values = new Float64Array(chains * steps);
  for (let t = 0; t < steps; t++) {
    for (let c = 0; c < chains; c++) {
      state[c] = rho * (state[c] as number) + Math.sqrt(1 - rho * rho) * (z[(t + 1) * chains + c] as number);
      values[t * chains + c] = (state[c] as number) + shift(c);
    }
  }
  return values;
}

describe("chainStatistics", () => {
  it.each([0, 0.5, 0.9])("finds the effective sample size of chains with autocorrelation %d", (rho) => {
    const { rHat, ess } = chainStatistics({ values: chainsOf(20, 2000, rho, () => 0), chains: 20 });
    const exact = (40_000 * (1 - rho)) / (1 + rho);
    expect(Math.abs(ess / exact - 1)).toBeLessThan(0.12);
    expect(rHat).toBeLessThan(1.01);
  });

  it("sees chains that do not agree, and chains that drift", () => {
    const apart = chainsOf(20, 500, 0, (c) => (c < 10 ? 0 : 2));
    expect(chainStatistics({ values: apart, chains: 20 }).rHat).toBeGreaterThan(1.3);
    const drifting = chainsOf(20, 500, 0, () => 0).map((value, i) => value + i / 5000);
    expect(chainStatistics({ values: drifting, chains: 20 }).rHat).toBeGreaterThan(1.05);
  });

  it("has no answer for chains that are too short or never move", () => {
    expect(chainStatistics({ values: new Float64Array(6), chains: 2 }).rHat).toBeNaN();
    expect(chainStatistics({ values: new Float64Array(60), chains: 2 })).toEqual({ rHat: Number.NaN, ess: Number.NaN });
  });
});
