import { describe, expect, test } from "vitest";
import { type ModelSpec, models } from "../models/models.ts";
import type { Timing } from "../processes/job.ts";
import {
  comparisons,
  fastestFigure,
  isReliable,
  medianFigure,
  notes,
  type Run,
  ratio,
  summaryTable,
} from "./comparison.ts";

const model = models[0] as ModelSpec;

function run(side: Run["side"], median: number, rest: Partial<Run> = {}): Run {
  const timing = { median, fast: median, count: 10, wall: 10 * median, cpu: 10 * median };
  return {
    model,
    id: side,
    side,
    round: 0,
    backend: side === "torch" ? undefined : "wasm",
    build: side === "ours" ? "simd" : undefined,
    style: undefined,
    asked: 1,
    threads: 1,
    load: 0,
    times: { step: timing },
    ...rest,
  };
}

const stepsOf = (runs: readonly Run[]) => (comparisons(runs).get(model) ?? []).filter(({ task }) => task === "step");

test("the ratio is to the peer, and to our script where there is none", () => {
  const runs = [run("ours", 2), run("torch", 5, { style: "library" }), run("torch", 3, { style: "tuned" })];
  expect(stepsOf(runs)).toMatchObject([{ toLibrary: { value: 2.5 }, toTuned: { value: 1.5 } }]);
  const [withPeer] = stepsOf([...runs, run("torch", 8, { style: "peer" })]);
  expect(withPeer?.toLibrary?.value).toBe(4);
  // Of the library with and without torch.compile the faster one.
  for (const [compiled, value] of [
    [7, 3.5],
    [9, 4],
  ] as const) {
    const both = [run("torch", 8, { style: "peer" }), run("torch", compiled, { style: "compiled" })];
    expect(stepsOf([...runs, ...both])[0]?.toLibrary?.value).toBe(value);
  }
});

test("rounds: our median beside their fastest", () => {
  const runs = [1, 2, 6].flatMap((ms) => [run("ours", ms), run("torch", 4 + ms, { style: "library" })]);
  expect(stepsOf(runs)[0]?.toLibrary?.value).toBe(2.5);
});

test("ours stands beside as many threads of theirs, and with one beside those that it has not", () => {
  const theirs = [1, 2, 3].map((asked) => run("torch", 4, { style: "library", asked }));
  const beside = (runs: readonly Run[]) => stepsOf(runs).map(({ threads, torchThreads }) => [threads, torchThreads]);
  expect(beside([run("ours", 1), run("ours", 1, { asked: 2, threads: 2 }), ...theirs])).toEqual([
    [1, 1],
    [2, 2],
    [1, 3],
  ]);
  expect(beside([run("ours", 1), run("ours", 1, { asked: 2, threads: 2 })])).toEqual([
    [1, undefined],
    [2, undefined],
  ]);
});

test("without PyTorch there are times and no ratios", () => {
  const [row] = stepsOf([run("ours", 2), run("plain", 9), run("jax-js", 7)]);
  expect(row?.jax?.wall).toBe(7);
  expect(row?.ours?.wall).toBe(2);
  expect(row?.plain?.wall).toBe(9);
  expect(row?.toLibrary).toBeUndefined();
});

test("what we lose and what was disturbed is said", () => {
  const slow = { median: 4, fast: 4, count: 10, wall: 40, cpu: 20 };
  const runs = [run("ours", 4, { times: { step: slow } }), run("torch", 2, { style: "library" })];
  expect(stepsOf(runs).map(notes)).toEqual([["slower than the library", "unreliable: cpu/wall 0.50"]]);
  expect(summaryTable(comparisons(runs)).split("\n").at(-1)).toBe("| wasm simd | 1 | a | 0.50× ? | – | – | – |");
});

const figureRun = (median: number, cpu: number, note?: string): Timing => ({
  median,
  fast: median,
  count: 10,
  wall: 10 * median,
  cpu,
  ...(note !== undefined && { note }),
});

describe("figures of several runs", () => {
  const runs = [figureRun(4, 40, "default Adam"), figureRun(2, 19, "fused Adam"), figureRun(3, 31)];

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
