import { createKey } from "@pushforward/core";
import { kolmogorovSmirnov } from "@pushforward/ops";
import { expect, test } from "vitest";
import { RankCounts } from "./row-statistics.ts";

test("a rank is the place among all values before, equal ones in random order", () => {
  // Bins end at 1, 2, 3 and 4.
  const ranks = new RankCounts(Float64Array.of(1, 2, 3, 4, Number.NaN));
  for (const value of [1, 3, 3, 9]) ranks.add(ranks.binOf(value));
  // Of 1, 3, 3, 9 and itself: one below, three equal.
  expect(ranks.rank(ranks.binOf(2.5), 0.5)).toBeCloseTo((1 + 0.5 * 3) / 5, 12);
  expect(ranks.rank(ranks.binOf(Number.NEGATIVE_INFINITY), 0)).toBe(0);
  // Missing values come after all others.
  expect(ranks.rank(ranks.binOf(Number.NaN), 0)).toBeCloseTo(6 / 7, 12);
});

test("bins have normal scores, a missing value has 0", () => {
  const ranks = new RankCounts(Float64Array.from({ length: 999 }, (_, i) => i));
  const score = (value: number): number => ranks.normalScore(ranks.binOf(value));
  expect(score(499)).toBeCloseTo(0, 1);
  expect(score(841)).toBeCloseTo(1, 1);
  expect(score(Number.NEGATIVE_INFINITY)).toBeLessThan(-3);
  expect(score(Number.NaN)).toBe(0);
});

test("ranks of exchangeable values are uniform, however few values begin, with ties and without", () => {
  for (const digits of [3, 0]) {
    const value = (z: number): number => Number(z.toFixed(digits));
    const found: number[] = [];
    for (let run = 0; run < 400; run++) {
      const [sampleKey, streamKey, uniformKey] = createKey(run).split(3);
      const ranks = new RankCounts(Float64Array.from(sampleKey.normal(10), value));
      const stream = streamKey.normal(20);
      const uniforms = uniformKey.uniform(20);
      for (const [i, z] of stream.entries()) {
        const rank = ranks.rank(ranks.binOf(value(z)), uniforms[i] as number);
        if (i >= 5) found.push(rank);
      }
    }
    expect(kolmogorovSmirnov(Float64Array.from(found).sort()).pValue).toBeGreaterThan(0.01);
  }
});
