import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { areaUnderCurve } from "./table-c2st.ts";

test("is the share of pairs in order, ties counted half", () => {
  const [a, b] = [createKey(1).uniform(60), createKey(2).uniform(40)].map((values) =>
    Array.from(values, (u) => Math.floor(8 * u)),
  ) as [number[], number[]];
  let wins = 0;
  for (const x of a) for (const y of b) wins += x < y ? 1 : x === y ? 0.5 : 0;
  expect(areaUnderCurve(a, b)).toBeCloseTo(wins / 2400, 12);
  expect(areaUnderCurve(b, a)).toBeCloseTo(1 - wins / 2400, 12);
  expect(areaUnderCurve([1, 2], [3])).toBe(1);
  expect(areaUnderCurve([], [3])).toBeNaN();
});
