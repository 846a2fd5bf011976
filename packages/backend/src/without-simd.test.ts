import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { describeBackend, useBackend } from "./index.ts";

test("an engine without SIMD gets the plain binary, and the description says so", async () => {
  // The flag is known once the package of the backend is there.
  await import("@tensorflow/tfjs-backend-wasm");
  tf.env().set("WASM_HAS_SIMD_SUPPORT", false);
  await useBackend("wasm");
  expect(await describeBackend()).toMatchObject({
    name: "wasm",
    simd: false,
    notes: [
      "no SIMD: this engine's WebAssembly lacks it; a newer browser or Node is several times faster",
      expect.stringContaining("one thread"),
    ],
  });
  tf.tidy(() => {
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect([...tf.matMul(a, a).dataSync()]).toEqual([7, 10, 15, 22]);
    expect([
      ...tf
        .grad((x) => tf.sum(tf.square(x)))(a)
        .dataSync(),
    ]).toEqual([2, 4, 6, 8]);
  });
});
