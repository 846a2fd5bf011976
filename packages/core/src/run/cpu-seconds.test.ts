import { expect, test } from "vitest";
import { cpuSeconds } from "../plain.ts";

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
