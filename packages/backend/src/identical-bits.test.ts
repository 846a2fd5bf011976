import { setFlagsFromString } from "node:v8";
import { createKey } from "@pushforward/core";
import { nsf } from "@pushforward/flows";
import { train } from "@pushforward/training";
import { expect, test } from "vitest";
import { describeBackend, useBackend } from "./index.ts";

// An engine with relaxed SIMD, as newer ones are. A test file is a process of its own.
setFlagsFromString("--experimental-wasm-relaxed-simd");

/** FNV-1a over the bits of some float32 numbers. */
function hash(arrays: readonly ArrayLike<number>[]): number {
  const words = arrays.flatMap((array) => [...new Uint32Array(Float32Array.from(array).buffer)]);
  return words.reduce((h, word) => Math.imul(h ^ word, 16777619) >>> 0, 2166136261);
}

// A change of the order of operations in a kernel changes the weights below: then a seed gives another model than
// before, and the changelog must say so.
const WEIGHTS = 1303737450;
const SAMPLES = 3030594004;

test("without relaxed SIMD a training and its samples have these bits in every engine", async () => {
  await useBackend("wasm", { relaxedSimd: false });
  expect(await describeBackend()).toMatchObject({ simd: true, relaxedSimd: false });
  const key = createKey(3);
  const values = key.normal(800);
  const rows = Array.from({ length: 400 }, (_, i) => [values[2 * i] as number, (values[2 * i + 1] as number) ** 2]);
  const flow = nsf({ features: 2, transforms: 2, hidden: [32, 32], key });
  await train(flow, rows, { key, maxSteps: 30, batchSize: 50, threads: 1 });
  const samples = flow.sample(key, [100]);
  expect(hash([...flow.parameters().values()].map((parameter) => parameter.read()))).toBe(WEIGHTS);
  expect(hash([samples.dataSync()])).toBe(SAMPLES);
  samples.dispose();
  flow.dispose();
});
