import { constantSchedule, cosineSchedule, warmupSchedule } from "@pushforward/core/plain";
import { expect, test } from "vitest";

test("constantSchedule is the same in every step", () => {
  expect([0, 5, 1000].map((step) => constantSchedule(0.1)(step, 10))).toEqual([0.1, 0.1, 0.1]);
});

test("cosineSchedule goes from the rate over the mean to the final rate and stays there", () => {
  const schedule = cosineSchedule({ learningRate: 3, finalLearningRate: 1 });
  expect(schedule(0, 100)).toBe(3);
  expect(schedule(50, 100)).toBeCloseTo(2, 12);
  expect(schedule(25, 100)).toBeCloseTo(2 + Math.SQRT1_2, 12);
  expect(schedule(100, 100)).toBe(1);
  expect(cosineSchedule({ learningRate: 1, steps: 10 })(20, 100)).toBe(0);
});

test("warm-up goes in equal steps to the whole rate, the first of which moves, and then leaves the schedule alone", () => {
  const schedule = warmupSchedule(2, 4);
  expect([0, 1, 2, 3, 4, 100].map((step) => schedule(step, 100))).toEqual([0.5, 1, 1.5, 2, 2, 2]);
  const half = cosineSchedule({ learningRate: 3, finalLearningRate: 1 });
  const warm = warmupSchedule(half, 10);
  for (const step of [0, 5, 8]) expect(warm(step, 50)).toBeCloseTo((half(step, 50) * (step + 1)) / 10, 14);
  for (const step of [9, 10, 49, 50]) expect(warm(step, 50)).toBe(half(step, 50));
  expect(warmupSchedule(warmupSchedule(1, 2), 4)(0, 10)).toBe(1 / 8);
  // Longer than the fit: it ends before the whole rate.
  expect(warmupSchedule(1, 100)(9, 10)).toBe(0.1);
});

test("settings are checked", () => {
  expect(() => constantSchedule(-1)).toThrow("constantSchedule: expected a learning rate of at least 0, got -1.");
  expect(() => cosineSchedule({ learningRate: Number.NaN })).toThrow(
    "cosineSchedule: expected a learning rate of at least 0, got NaN.",
  );
  expect(() => cosineSchedule({ learningRate: 1, steps: 0 })).toThrow(
    "cosineSchedule: expected a positive integer of steps, got 0.",
  );
  for (const steps of [0, 1.5, Number.NaN]) {
    expect(() => warmupSchedule(1, steps)).toThrow(
      `warmupSchedule: expected a positive integer of steps, got ${steps}.`,
    );
  }
  expect(() => warmupSchedule(-1, 10)).toThrow("constantSchedule: expected a learning rate of at least 0, got -1.");
});
