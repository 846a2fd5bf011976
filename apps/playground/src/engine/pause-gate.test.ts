import { expect, test } from "vitest";
import { PauseGate } from "./pause-gate.ts";

/** Steps that pass a gate one after the other, and what happens at it. */
async function walk(gate: PauseGate, steps: number, told: string[]): Promise<void> {
  for (let step = 1; step <= steps; step++) {
    told.push(`step ${step}`);
    gate.stepped();
    await gate.wait(
      () => told.push("paused"),
      () => told.push("resumed"),
    );
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("is open until it is paused, and open again when resumed", async () => {
  const gate = new PauseGate();
  const told: string[] = [];
  gate.pause();
  gate.pause();
  const walked = walk(gate, 2, told);
  await settled();
  expect(told).toEqual(["step 1", "paused"]);
  gate.resume();
  await walked;
  expect(told).toEqual(["step 1", "paused", "resumed", "step 2"]);
});

test("lets single steps through, each of which is followed by a pause", async () => {
  const gate = new PauseGate();
  const told: string[] = [];
  gate.stepOnce();
  const walked = walk(gate, 3, told);
  await settled();
  expect(told).toEqual(["step 1", "paused"]);
  gate.stepOnce();
  await settled();
  expect(told).toEqual(["step 1", "paused", "resumed", "step 2", "paused"]);
  gate.resume();
  await walked;
  expect(told.at(-1)).toBe("step 3");
});

test("who pauses while it opens waits again", async () => {
  const gate = new PauseGate();
  const told: string[] = [];
  gate.pause();
  const walked = walk(gate, 1, told);
  gate.resume();
  gate.pause();
  await settled();
  expect(told).toEqual(["step 1", "paused", "resumed", "paused"]);
  gate.resume();
  await walked;
});
