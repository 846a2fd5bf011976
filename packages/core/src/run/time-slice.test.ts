import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TimeSlice } from "../plain.ts";

// A clock of their own: on a busy machine the real one can move at any place of a test.
let clock = 0;
beforeEach(() => void vi.spyOn(performance, "now").mockImplementation(() => clock));
afterEach(() => void vi.restoreAllMocks());

function work(milliseconds: number): void {
  clock += milliseconds;
}

test("a slice that is over lets timers run, and starts anew", async () => {
  const slice = new TimeSlice(5);
  let timer = false;
  setTimeout(() => {
    timer = true;
  }, 0);
  work(6);
  expect(slice.isOver).toBe(true);
  // A message or an immediate may come before the timer, and turns of the loop are short.
  for (let turn = 0; turn < 1_000_000 && !timer; turn++) {
    await slice.breathe();
    expect(slice.isOver).toBe(false);
    work(6);
  }
  expect(timer).toBe(true);
});

test("a slice that is not over keeps the event loop", async () => {
  const slice = new TimeSlice(10_000);
  let timer = false;
  setTimeout(() => {
    timer = true;
  }, 0);
  work(2);
  for (let turn = 0; turn < 100; turn++) await slice.breathe();
  expect(timer).toBe(false);
});
