import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { extent, logTicks, niceTicks, paddedDomain } from "./scale.ts";

test("extent sees finite values only, on a log axis positive ones only", () => {
  expect(
    extent([
      [3, Number.NaN, -1],
      [Infinity, 2],
    ]),
  ).toEqual([-1, 3]);
  expect(extent([[3, 0, -1]], "log")).toEqual([3, 3]);
  expect(extent([[], [Number.NaN]])).toBeUndefined();
});

test("paddedDomain always has room", () => {
  expect(paddedDomain([0, 10], 0.1)).toEqual([-1, 11]);
  expect(paddedDomain([5, 5], 0.1)).toEqual([4.5, 5.5]);
  expect(paddedDomain([0, 0], 0.1)).toEqual([-1, 1]);
  expect(paddedDomain(undefined, 0.1)).toEqual([0, 1]);
  expect(paddedDomain([1, 100], 0.5, "log")).toEqual([0.1, 1000]);
  expect(paddedDomain([7, 7], 0.5, "log")).toEqual([3.5, 14]);
  const [low, high] = paddedDomain([-1.7e308, 1.7e308], 0.05);
  expect(Number.isFinite(high - low)).toBe(true);
});

const labels = (low: number, high: number, count: number, integer?: boolean): string[] =>
  niceTicks(low, high, count, integer).map((tick) => tick.label);

describe("niceTicks", () => {
  test.each<[number, number, number, string[]]>([
    [0, 1, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]],
    [-3, 3, 6, ["−3", "−2", "−1", "0", "1", "2", "3"]],
    [0.03, 0.31, 3, ["0.1", "0.2", "0.3"]],
    [-180, 180, 7, ["−150", "−100", "−50", "0", "50", "100", "150"]],
    [2700, 6300, 4, ["3000", "4000", "5000", "6000"]],
    [0, 2e9, 4, ["0", "0.5×10^9", "1.0×10^9", "1.5×10^9", "2.0×10^9"]],
    [-1e-9, 1e-9, 2, ["−1×10^−9", "0", "1×10^−9"]],
    [1e9, 1e9 + 2, 4, ["1000000000.0", "1000000000.5", "1000000001.0", "1000000001.5", "1000000002.0"]],
    [9e307, 1.7e308, 2, ["1.0×10^308", "1.5×10^308"]],
    [0.00001, 0.00004, 3, ["0.00001", "0.00002", "0.00003", "0.00004"]],
  ])("%d … %d in %d", (low, high, count, expected) => {
    expect(labels(low, high, count)).toEqual(expected);
  });

  test("keeps integers apart by at least 1", () => {
    expect(labels(1, 3, 8, true)).toEqual(["1", "2", "3"]);
  });

  test("lie inside, in order, at exact decimal multiples, and not too many", () => {
    const number = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(
        number,
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        (low, span, count) => {
          fc.pre(span > Math.abs(low) * 1e-9);
          const ticks = niceTicks(low, low + span, count);
          expect(ticks.length).toBeLessThanOrEqual(1.5 * count + 2);
          for (const [i, tick] of ticks.entries()) {
            expect(tick.value).toBeGreaterThanOrEqual(low - span * 1e-8);
            expect(tick.value).toBeLessThanOrEqual(low + span * (1 + 1e-8));
            if (i > 0) expect(tick.value).toBeGreaterThan(ticks[i - 1]?.value as number);
          }
          expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
        },
      ),
      { numRuns: 300, seed: 11 },
    );
  });
});

describe("logTicks", () => {
  test.each<[number, number, number, string[]]>([
    [0.001, 1, 5, ["0.001", "0.01", "0.1", "1"]],
    [1, 100, 8, ["1", "2", "5", "10", "20", "50", "100"]],
    [1e-9, 1e3, 5, ["10^−9", "10^−6", "10^−3", "10^0", "10^3"]],
    [2, 6, 4, ["2", "3", "4", "5", "6"]],
  ])("%d … %d in %d", (low, high, count, expected) => {
    expect(logTicks(low, high, count).map((tick) => tick.label)).toEqual(expected);
  });
});
