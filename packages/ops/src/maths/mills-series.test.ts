import { millsRatio } from "@pushforward/core/plain";
import { expect, test } from "vitest";
import { millsSeries } from "./special-functions.ts";

/** Clenshaw's recurrence. */
function ratioAt(x: number, terms: number): number {
  const { center, coefficients } = millsSeries(terms);
  const t = 1 - (2 * center) / (x + center);
  let [next, afterNext] = [0, 0];
  for (const c of coefficients.slice(1).reverse()) [next, afterNext] = [2 * t * next - afterNext + c, next];
  return (t * next - afterNext + (coefficients[0] as number)) / (x + 1);
}

test.each([
  [12, 2e-8],
  [20, 1e-12],
])("%d terms give Mills' ratio", (terms, tolerance) => {
  for (const x of [0, 1e-3, 0.5, 1, 2.9, 3.1, 10, 40, 1e6]) {
    expect(Math.abs(ratioAt(x, terms) / millsRatio(x) - 1), `at ${x}`).toBeLessThan(tolerance);
  }
});
