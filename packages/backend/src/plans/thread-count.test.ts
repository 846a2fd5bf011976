import { createKey } from "@pushforward/core";
import type { Plan } from "@pushforward/core/extend";
import { maf } from "@pushforward/flows";
import { planLogProb } from "@pushforward/ops";
import { afterEach, expect, test, vi } from "vitest";
import { useBackend } from "../index.ts";
import { threadCount, threadRefusal } from "./thread-count.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function planOf(hidden: number): Promise<Plan> {
  await useBackend("wasm");
  return planLogProb(maf({ features: 4, key: createKey(0), transforms: 5, hidden: [hidden, hidden] })).plan as Plan;
}

function cores(count: number): void {
  vi.spyOn(process.getBuiltinModule("node:os"), "availableParallelism").mockReturnValue(count);
}

test("auto takes threads where a step, and the steps together, are work enough", async () => {
  const [large, small] = [await planOf(128), await planOf(16)];
  cores(4);
  const count = (plan: Plan, rows: number, steps: number): number =>
    threadCount(plan, { rows, steps, threads: "auto" });
  expect(count(large, 512, 3000)).toBe(4);
  expect(count(large, 512, 10), "a short training").toBe(1);
  expect(count(small, 256, 100_000), "small steps").toBe(1);
  expect(count(large, 200, 300), "less work a step").toBe(1);
  expect(count(large, 200, 3000), "64 rows a thread").toBe(3);
  cores(64);
  expect(count(large, 4096, 3000)).toBe(8);
  cores(1);
  expect(count(large, 4096, 3000)).toBe(1);
});

test("a number is taken as it is, as long as each thread has a block of rows", async () => {
  const plan = await planOf(8);
  cores(2);
  const count = (rows: number, threads?: number): number => threadCount(plan, { rows, ...(threads && { threads }) });
  expect([count(512), count(512, 1), count(512, 5), count(17, 5), count(1, 5)]).toEqual([1, 1, 5, 3, 1]);
});

test("without shared memory there is one thread, and a reason", async () => {
  const plan = await planOf(8);
  expect(threadRefusal()).toBeUndefined();
  vi.stubGlobal("crossOriginIsolated", false);
  expect(threadRefusal()).toBe("the page is not cross-origin isolated, so threads can't share memory");
  expect(threadCount(plan, { rows: 512, threads: 4 })).toBe(1);
  vi.unstubAllGlobals();
  vi.stubGlobal("SharedArrayBuffer", undefined);
  expect(threadRefusal()).toContain("not cross-origin isolated");
});
