import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import { expectNoLeak } from "@pushforward/testing";
import { beforeAll, describe, expect, test } from "vitest";
import {
  Bernoulli,
  Categorical,
  DiagonalNormal,
  Gamma,
  kl,
  Laplace,
  Poisson,
  StandardNormal,
  Uniform,
} from "./index.ts";

const key = createKey(5);

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("two normals, summed over the features", () => {
      const p = new DiagonalNormal({ mean: [0, 1], scale: [1, 0.5] });
      // ln σ₂/σ₁ + (σ₁² + (μ₁ − μ₂)²)/2σ₂² − ½ of each feature.
      const expected = Math.log(2) + 2 / 8 - 0.5 + (Math.log(2) + 1.25 / 2 - 0.5);
      const q = new DiagonalNormal({ mean: [1, 0], scale: [2, 1] });
      expect(kl(p, q, { key }).value).toBeCloseTo(expected, 6);
      expect(kl(p, q, { key }).standardError).toBe(0);
      expect(kl(new StandardNormal({ features: 2 }), new StandardNormal({ features: 2 }), { key }).value).toBe(0);
    });

    test("two boxes: infinite where p leaves that of q", () => {
      const [small, large] = [new Uniform({ low: [0], high: [1] }), new Uniform({ low: [-1], high: [3] })];
      expect(kl(small, large, { key }).value).toBeCloseTo(Math.log(4), 12);
      expect(kl(large, small, { key }).value).toBe(Number.POSITIVE_INFINITY);
    });

    test("categories: scipy.special.rel_entr, and infinite where q has none", () => {
      const p = new Categorical({ probs: [[0.2, 0.3, 0.5]] });
      expect(kl(p, new Categorical({ probs: [[0.5, 0.25, 0.25]] }), { key }).value).toBeCloseTo(0.218011910943, 9);
      expect(kl(p, new Categorical({ probs: [[1, 1, 0]] }), { key }).value).toBe(Number.POSITIVE_INFINITY);
      expect(kl(new Categorical({ probs: [[1, 1, 0]] }), p, { key }).value).toBeLessThan(1);
      expect(kl(new Bernoulli({ probs: [0] }), new Bernoulli({ probs: [0.5] }), { key }).value).toBeCloseTo(
        Math.LN2,
        12,
      );
    });

    test("all others by draws, with a standard error that holds", () => {
      // Gamma: (a₁ − a₂) ψ(a₁) + ln Γ(a₂)/Γ(a₁) + a₂ ln(r₁/r₂) + a₁ (r₂ − r₁)/r₁; here ψ(3) + ln ½ + 2 ln 2 − 1.5.
      const gammas = kl(new Gamma({ concentration: [3], rate: [2] }), new Gamma({ concentration: [2] }), { key });
      expect(gammas.standardError).toBeGreaterThan(0);
      expect(gammas.standardError).toBeLessThan(0.01);
      const exact = 0.9227843350984671 - Math.LN2 + 2 * Math.LN2 - 1.5;
      expect(Math.abs(gammas.value - exact)).toBeLessThan(4 * gammas.standardError);
      // λ₁ ln(λ₁/λ₂) − λ₁ + λ₂.
      const counts = kl(new Poisson({ rate: [4] }), new Poisson({ rate: [6] }), { key, draws: 20_000 });
      expect(Math.abs(counts.value - (4 * Math.log(4 / 6) + 2))).toBeLessThan(4 * counts.standardError);
      const outside = kl(new Laplace({ features: 1 }), new Gamma({ concentration: [2] }), { key });
      expect(outside).toEqual({ value: Number.POSITIVE_INFINITY, standardError: 0 });
    });

    test("leaks nothing", () => {
      const [p, q] = [new Laplace({ features: 2 }), new StandardNormal({ features: 2 })];
      expectNoLeak(() => void kl(p, q, { key }), "kl");
      expectNoLeak(() => void kl(q, q, { key }), "kl in closed form");
    });

    test("what cannot be compared is refused", () => {
      const p = new StandardNormal({ features: 2 });
      expect(() => kl(p, new StandardNormal({ features: 3 }), { key })).toThrow(ShapeError);
      expect(() => kl(p, new Uniform({ low: [[0, 0]], high: [1, 1] }), { key })).toThrow(ShapeError);
      expect(() => kl(p, new Laplace({ features: 2 }), { key, draws: 1 })).toThrow(OptionError);
    });
  });
}
