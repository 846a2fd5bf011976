import { describe, expect, test } from "vitest";
import type { Timing } from "../processes/timing.ts";
import { fastestFigure, isReliable, medianFigure, ratio } from "./figure.ts";

const run = (median: number, cpu: number, note?: string): Timing => ({
  median,
  fast: median,
  count: 10,
  wall: 10 * median,
  cpu,
  ...(note !== undefined && { note }),
});

describe("figures of several runs", () => {
  const runs = [run(4, 40, "default Adam"), run(2, 19, "fused Adam"), run(3, 31)];

  test("ours is the median run, with the processor time of all", () => {
    expect(medianFigure(runs, 1)).toEqual({ wall: 3, cpu: 3, share: 1, threads: 1 });
  });

  test("theirs is the fastest run, with what belongs to it", () => {
    expect(fastestFigure(runs, 2)).toEqual({ wall: 2, cpu: 1.9, share: 0.95, threads: 2, note: "fused Adam" });
  });

  test("no runs give no figure", () => {
    expect(medianFigure([], 1)).toBeUndefined();
    expect(fastestFigure([], 1)).toBeUndefined();
  });
});

describe("ratios", () => {
  const figure = (wall: number, share: number, threads = 1) => ({ wall, cpu: wall * share, share, threads });

  test("are their time by ours", () => {
    expect(ratio(figure(6, 1), figure(2, 1))).toEqual({ value: 3, isReliable: true });
  });

  test("need both sides", () => {
    expect(ratio(undefined, figure(2, 1))).toBeUndefined();
    expect(ratio(figure(2, 1), undefined)).toBeUndefined();
  });

  test("are unreliable when either side waited for the processor", () => {
    expect(ratio(figure(6, 0.96), figure(2, 1))?.isReliable).toBe(false);
    expect(ratio(figure(6, 1), figure(2, 0.96))?.isReliable).toBe(false);
    expect(ratio(figure(6, 0.97), figure(2, 0.97))?.isReliable).toBe(true);
  });

  test("several threads may wait for each other", () => {
    expect(isReliable(figure(6, 0.9, 2))).toBe(true);
  });
});
