import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { assignment } from "./velocity-network.ts";

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((rest) =>
    Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]),
  );
}

test("the assignment costs as little as the best of all", () => {
  for (let seed = 0; seed < 60; seed++) {
    const n = 1 + (seed % 6);
    // Some tables of few values, so that many assignments cost the same.
    const cost = Float64Array.from(createKey(seed).normal(n * n), (v) => (seed % 3 === 0 ? Math.round(v) : v));
    const costOf = (columns: ArrayLike<number>): number =>
      Array.from(columns).reduce((sum, column, row) => sum + (cost[row * n + column] as number), 0);
    const found = assignment(cost, n);
    expect([...found].sort()).toEqual(Array.from({ length: n }, (_, i) => i));
    expect(costOf(found)).toBeCloseTo(Math.min(...permutations(n).map(costOf)), 9);
  }
});
