import { setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { describeBackend, useBackend } from "./index.ts";

// Node 20 has relaxed SIMD behind this flag, newer engines by default. A test file is a process of its own.
setFlagsFromString("--experimental-wasm-relaxed-simd");

test("an engine with relaxed SIMD uses it, and the description says so", async () => {
  await useBackend("wasm");
  expect(await describeBackend()).toMatchObject({ name: "wasm", simd: true, relaxedSimd: true });
  await useBackend("cpu");
  expect(await describeBackend()).toMatchObject({ name: "cpu", relaxedSimd: false });
});
