import { expect, test } from "vitest";
import { constant, cosine } from "./schedule.ts";

test("constant is the same in every step", () => {
  expect([0, 5, 1000].map((step) => constant(0.1)(step, 10))).toEqual([0.1, 0.1, 0.1]);
});

test("cosine goes from the rate over the mean to the final rate and stays there", () => {
  const schedule = cosine({ rate: 3, finalRate: 1 });
  expect(schedule(0, 100)).toBe(3);
  expect(schedule(50, 100)).toBeCloseTo(2, 12);
  expect(schedule(25, 100)).toBeCloseTo(2 + Math.SQRT1_2, 12);
  expect(schedule(100, 100)).toBe(1);
  expect(cosine({ rate: 1, steps: 10 })(20, 100)).toBe(0);
});

test("settings are checked", () => {
  expect(() => constant(-1)).toThrow("constant: expected a rate of at least 0, got -1.");
  expect(() => cosine({ rate: Number.NaN })).toThrow("cosine: expected a rate of at least 0, got NaN.");
  expect(() => cosine({ rate: 1, steps: 0 })).toThrow("cosine: expected a positive whole number of steps, got 0.");
});
