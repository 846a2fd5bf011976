import { affine, rationalQuadraticSpline } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test, vi } from "vitest";
import { describeBackend, useBackend } from "./index.ts";

beforeAll(async () => {
  // The flag is known once the package of the backend is there.
  await import("@tensorflow/tfjs-backend-wasm");
  tf.env().set("WASM_HAS_SIMD_SUPPORT", false);
  const validate = vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
  await useBackend("wasm");
  validate.mockRestore();
});

test("an engine without SIMD gets the plain binary, and the description says so", async () => {
  expect(await describeBackend()).toMatchObject({
    name: "wasm",
    simd: false,
    notes: [
      "no SIMD: this engine's WebAssembly lacks it; a newer browser or Node is several times faster",
      "one thread: threads need SIMD",
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

test("splines and affine maps have a kernel in TypeScript there; networks are plain operations", () => {
  const names = ["PushforwardRationalQuadraticSpline", "PushforwardAffine", "PushforwardNetwork"];
  expect(names.map((name) => tf.getKernel(name, "wasm") !== undefined)).toEqual([true, true, false]);
  tf.tidy(() => {
    const [x, p] = [tf.tensor1d([-7, 0.5, 2]), tf.zeros([3, 23])];
    const [y, logDet] = rationalQuadraticSpline(x, p, { bins: 8, bound: 5 });
    for (const [i, expected] of [-7, 0.5, 2].entries()) {
      expect(y.dataSync()[i]).toBeCloseTo(expected, 6);
      expect(logDet.dataSync()[i]).toBeCloseTo(0, 6);
    }
    const slopes = tf.grads((a, b) => tf.sum(affine(a as tf.Tensor, b as tf.Tensor)[0]))([x, tf.zeros([2])]);
    expect(slopes.map((slope) => [...slope.dataSync()])).toEqual([
      [1, 1, 1],
      [3, -4.5],
    ]);
  });
});
