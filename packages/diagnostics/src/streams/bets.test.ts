import { expect, test } from "vitest";
import { CELLS, makeBets } from "./bets.ts";

test("every bet is fair, and the shares are all of the capital", () => {
  const { count, shares, payments } = makeBets();
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  for (let j = 0; j < count; j++) {
    const own = Array.from({ length: CELLS }, (_, cell) => payments[cell * count + j] as number);
    expect(Math.min(...own)).toBeGreaterThanOrEqual(0);
    expect(own.reduce((sum, payment) => sum + payment, 0) / CELLS).toBeCloseTo(1, 10);
  }
});
