import { expect, test } from "vitest";
import { TimeSlice } from "../index.ts";

/** Keeps the processor for a time. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("a slice that is over lets timers run, and starts anew", async () => {
  const slice = new TimeSlice(5);
  let timer = false;
  setTimeout(() => {
    timer = true;
  }, 0);
  work(6);
  expect(slice.isOver).toBe(true);
  // A message or an immediate may come before the timer, but not for long.
  for (let turn = 0; turn < 100 && !timer; turn++) {
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
