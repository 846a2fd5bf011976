import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { fastExp } from "./functions.ts";

test("eˣ for x ≤ 0 within 1e-11", () => {
  const uniform = createKey(1).uniform(2000);
  for (const [i, u] of uniform.entries()) {
    const x = -u * ([1e-6, 1, 30, 700][i % 4] as number);
    expect(Math.abs(fastExp(x) / Math.exp(x) - 1)).toBeLessThan(1e-11);
  }
  expect(fastExp(0)).toBe(1);
  expect(fastExp(-707.9)).toBeGreaterThan(0);
  expect(fastExp(-1e4)).toBe(0);
  expect(fastExp(Number.NEGATIVE_INFINITY)).toBe(0);
  expect(fastExp(Number.NaN)).toBeNaN();
});
