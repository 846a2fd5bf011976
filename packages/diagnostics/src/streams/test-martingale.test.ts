import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { makeBets } from "./bets.ts";
import { TestMartingale } from "./test-martingale.ts";

const bets = makeBets();

test("the mean capital over all p-values is the capital before, at any time", () => {
  const history = createKey(0).uniform(50);
  const after = (p: number): number => {
    const martingale = new TestMartingale(bets);
    for (const earlier of history) martingale.step(earlier ** 2);
    return martingale.step(p);
  };
  const before = new TestMartingale(bets);
  let capital = 1;
  for (const earlier of history) capital = before.step(earlier ** 2);
  expect(capital).toBeGreaterThan(1.5);
  const cells = Array.from({ length: 256 }, (_, cell) => after((cell + 0.5) / 256));
  expect(cells.reduce((sum, value) => sum + value, 0) / 256 / capital).toBeCloseTo(1, 9);
});

test("uniform p-values reach 20 in at most one of twenty streams, also after a restart", () => {
  const reached = Array.from({ length: 300 }, (_, run) => {
    const martingale = new TestMartingale(bets);
    if (run % 2) for (const u of createKey(-1).uniform(100)) martingale.step(u ** 3);
    martingale.restart();
    return createKey(run)
      .uniform(3000)
      .some((p) => martingale.step(p) >= 20);
  });
  // Two standard errors above 5 %.
  expect(reached.filter(Boolean).length).toBeLessThanOrEqual(300 * 0.05 + 7);
});

test("a quiet stream does not ruin it: a late drift is found as soon as a long one is worth", () => {
  const delay = (quiet: number): number => {
    const martingale = new TestMartingale(bets);
    for (const p of createKey(1).uniform(quiet)) martingale.step(p);
    const drift = createKey(2).uniform(2000);
    return drift.findIndex((p) => martingale.step(p ** 1.5) >= 20);
  };
  expect(delay(0)).toBeGreaterThan(0);
  expect(delay(30_000)).toBeLessThan(6 * delay(0));
});
