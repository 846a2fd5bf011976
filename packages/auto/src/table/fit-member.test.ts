import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { memberWeights } from "./fit-member.ts";

const noise = (name: string): Float64Array => Float64Array.from(createKey(3).fold(name).normal(400));

test("gives a member that is never better no weight, and the others what is best", () => {
  const [a, b] = [noise("a"), noise("b")];
  const worse = a.map((value) => value - 5);
  const { weights, meanLogProb } = memberWeights([a, worse, b]);
  expect(weights[1]).toBe(0);
  expect((weights[0] as number) + (weights[2] as number)).toBeCloseTo(1, 9);
  const mean = a.reduce((sum, value, row) => {
    const mixed = (weights[0] as number) * Math.exp(value) + (weights[2] as number) * Math.exp(b[row] as number);
    return sum + Math.log(mixed) / a.length;
  }, 0);
  expect(meanLogProb).toBeCloseTo(mean, 6);
});

test("the first one keeps a little where another is always better", () => {
  const a = noise("a");
  const { weights } = memberWeights([a, a.map((value) => value + 8)]);
  expect(weights).toEqual([0.005, expect.closeTo(0.995, 9)]);
});

test("alone it has all", () => {
  expect(memberWeights([noise("a")]).weights).toEqual([1]);
});
