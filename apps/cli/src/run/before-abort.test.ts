import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { beforeAbort } from "./before-abort.ts";

test("the outcome comes through, and nothing waits for the signal any longer", async () => {
  const { signal } = new AbortController();
  expect(await beforeAbort(Promise.resolve(3), signal)).toBe(3);
  await expect(beforeAbort(Promise.reject(new Error("no rows")), signal)).rejects.toThrow("no rows");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("an aborted signal ends a wait that has begun, and one that begins later", async () => {
  const controller = new AbortController();
  const never = new Promise<number>(() => undefined);
  const waiting = beforeAbort(never, controller.signal);
  controller.abort();
  expect(await waiting).toBeUndefined();
  expect(await beforeAbort(never, controller.signal)).toBeUndefined();
});
