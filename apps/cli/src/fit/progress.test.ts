import type { TrainEvent } from "pushforward";
import { expect, onTestFinished, test, vi } from "vitest";
import { createProgress, type FitEvent } from "./progress.ts";

const step = { type: "step", epoch: 1, loss: 2, gradientNorm: 1, learningRate: 1e-3 } as const;
const epoch = { type: "epoch", epoch: 1, step: 2, trainLoss: 2, learningRate: 1e-3, seconds: 1 } as const;
const start = { type: "start", totalSteps: 10 } as TrainEvent;
const events: FitEvent[] = [
  start,
  { ...step, step: 1 },
  { ...step, step: 2 },
  { ...epoch, validationLoss: 3, improved: false },
  { type: "rollback", epoch: 1, step: 2, bestEpoch: 0, scale: 0.3 },
  { type: "checkpoint", epoch: 1, step: 2 },
  { ...step, epoch: 2, step: 3 },
  { type: "stop", reason: "patience", epochs: 2, steps: 3, weights: "best", seconds: 1 },
];

/** What is written to stderr while all events are shown. */
function shown(isTTY: boolean, quiet: boolean): string {
  const written: string[] = [];
  const before = process.stderr.isTTY;
  process.stderr.isTTY = isTTY;
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  onTestFinished(() => {
    process.stderr.isTTY = before;
    spy.mockRestore();
  });
  const progress = createProgress(quiet);
  for (const event of events) progress.show(event);
  progress.end();
  return written.join("");
}

test("a line at the first epoch, and one for each rollback", () => {
  expect(shown(false, false)).toBe(
    "epoch 1: loss 2.0000, validation 3.0000, step 2 of at most 10\nepoch 1: back to epoch 0, rates × 0.3\n",
  );
});

test("a bar takes every event and ends", () => {
  expect(shown(true, false)).toContain("val 3.000");
});

test("nothing when quiet", () => {
  expect(shown(false, true)).toBe("");
});

test("columns of a table: a line for each with its gain, and a bar with the column that is learned", () => {
  const about = { type: "column", seconds: 1, marginalNll: 2 } as const;
  events.splice(0, events.length, {
    ...{ type: "start", columns: ["a", "b"], trainRows: 9, validationRows: 1, folds: 1, workers: 0 },
  });
  events.push(
    { ...about, column: "a", index: 0, validationNll: 2 },
    { ...about, column: "b", index: 1, validationNll: 0.5 },
  );
  expect(shown(false, false)).toBe(
    "column 1 of 2, a: 2.0000 nats per row\ncolumn 2 of 2, b: 0.5000 nats per row, 1.5000 less than by itself\n",
  );
  expect(shown(true, false)).toMatch(/2 of 2 columns \| b, gain 1.50 nats/);
});
