import { afterEach, expect, test } from "vitest";
import { recordModules } from "./compiled-modules.ts";

const { Module, compile, instantiate } = WebAssembly;
afterEach(() => {
  Object.assign(WebAssembly, { Module, compile, instantiate });
});

// A module without contents.
const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

test("modules are recorded whichever way they are compiled, and work", async () => {
  const modules = recordModules();
  const module = new WebAssembly.Module(empty);
  expect(new WebAssembly.Instance(module)).toBeInstanceOf(WebAssembly.Instance);
  await WebAssembly.compile(empty.buffer);
  await WebAssembly.instantiate(empty);
  // Compiled before.
  await WebAssembly.instantiate(module);
  expect(modules().map(({ bytes }) => bytes)).toEqual([8, 8, 8]);
});
