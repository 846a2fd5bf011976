import { expect, test } from "vitest";
import { cpuSeconds, runTogether } from "../plain.ts";

/** Tells some words, and what is left behind when it is left. */
async function* words(name: string, count: number, log: string[], slot: string): AsyncGenerator<string, void, void> {
  try {
    for (let i = 0; i < count; i++) {
      await new Promise((resolve) => setTimeout(resolve, i % 2));
      if (i === 3) throw new RangeError(name);
      yield `${name}${i}`;
    }
  } finally {
    log.push(`${name} of ${slot}`);
  }
}

const tasksOf = (counts: Readonly<Record<string, number>>, log: string[]) =>
  Object.entries(counts).map(
    ([name, count]) =>
      (slot: string) =>
        words(name, count, log, slot),
  );

async function collect(events: AsyncGenerator<string, void, void>): Promise<string[]> {
  const all: string[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("with one slot, one task comes after the other", async () => {
  const log: string[] = [];
  expect(await collect(runTogether(["s"], tasksOf({ a: 2, b: 0, c: 3 }, log)))).toEqual(["a0", "a1", "c0", "c1", "c2"]);
  expect(log).toEqual(["a of s", "b of s", "c of s"]);
});

test("with several, each has its own slot, and each task its order", async () => {
  const log: string[] = [];
  const all = await collect(runTogether(["s", "t"], tasksOf({ a: 3, b: 3, c: 2 }, log)));
  expect(all.filter((word) => word.startsWith("a"))).toEqual(["a0", "a1", "a2"]);
  expect(all.indexOf("b0")).toBeLessThan(all.indexOf("a2"));
  expect([...all].sort()).toEqual(["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1"]);
  expect(log.slice(0, 2).sort()).toEqual(["a of s", "b of t"]);
});

test("the first error ends all tasks, and comes out", async () => {
  const log: string[] = [];
  const events = runTogether(["s", "t"], tasksOf({ a: 5, b: 3, c: 1 }, log));
  await expect(collect(events)).rejects.toThrow(new RangeError("a"));
  expect(log.length).toBe(new Set(log).size);
  expect(log).toContain("b of t");
});

test("events that are left end all tasks", async () => {
  const log: string[] = [];
  for await (const word of runTogether(["s", "t"], tasksOf({ a: 3, b: 3 }, log))) if (word === "a0") break;
  expect(log.sort()).toEqual(["a of s", "b of t"]);
});

test("no slots and no tasks end at once", async () => {
  expect(await collect(runTogether(["s"], tasksOf({}, [])))).toEqual([]);
});

test("grows with the work of this process, in seconds", () => {
  const before = cpuSeconds() as number;
  const start = process.cpuUsage();
  while (process.cpuUsage(start).user < 20_000);
  const grown = (cpuSeconds() as number) - before;
  expect(grown).toBeGreaterThanOrEqual(0.02);
  expect(grown).toBeLessThan(5);
});

test("undefined where there is no process to ask", () => {
  const { cpuUsage } = process;
  try {
    Object.defineProperty(process, "cpuUsage", { value: undefined, configurable: true, writable: true });
    expect(cpuSeconds()).toBeUndefined();
  } finally {
    Object.defineProperty(process, "cpuUsage", { value: cpuUsage, configurable: true, writable: true });
  }
});
