import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { type Flow, logProbRows, sampleRows } from "@pushforward/flows";
import type { Chain } from "@pushforward/transforms/extend";
import { beforeAll, expect, test } from "vitest";
import { compileModel } from "../../flows/src/compile.ts";
import { fitAuto } from "./fit-auto.ts";

const key = createKey(0);

beforeAll(() => useBackend("wasm"));

/** Two columns of which the second has values far out. */
function tableOf(rows: number, second: (z: number, i: number) => number): NdArray {
  const z = createKey(3).normal(2 * rows);
  const values = Array.from({ length: rows }, (_, i) => [z[2 * i] as number, second(z[2 * i + 1] as number, i)]);
  return ndArray([rows, 2], Float64Array.from(values.flat()));
}

const columns: Readonly<Record<string, (z: number, i: number) => number>> = {
  "one outlier of 1.6e9": (z, i) => (i === 50 ? 1.6e9 : z),
  "one outlier of 1e30": (z, i) => (i === 50 ? -1e30 : z),
  "epoch seconds, and zeros where there is no time": (z, i) => (i % 50 === 7 ? 0 : 1.6e9 + 1000 * z),
};

test.each(Object.entries(columns))("a column with %s is learned", async (_, second) => {
  const x = tableOf(300, second);
  const { model, warnings, validationNll } = await fitAuto({ x }, { key, members: [] });
  expect(warnings.filter(({ kind }) => kind === "far-values")).toMatchObject([{ columns: [1] }]);
  expect(Number.isFinite(validationNll)).toBe(true);
  // Most of the second column is normal, with mean and standard deviation of 0 and 1, or 1.6e9 and 1000.
  const [center, scale] = Math.abs(second(0, 0)) < 1 ? [0, 1] : [1.6e9, 1000];
  const ordinary = ndArray([3, 2], Float64Array.of(0, center, 0, center + scale, 0, center - 2 * scale));
  const expected = [0, 0.5, 2].map((loss) => -Math.log(2 * Math.PI * scale) - loss);
  for (const [i, value] of logProbRows(model, ordinary).entries()) {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1);
  }
  const drawn = Float64Array.from(sampleRows(model as Flow, key, 2000).data).filter((_, i) => i % 2 === 1);
  const near = drawn.filter((value) => Math.abs(value - center) < 5 * scale);
  expect(near.length).toBeGreaterThan(1900);
  const sd = Math.sqrt(near.reduce((sum, value) => sum + (value - center) ** 2, 0) / near.length);
  expect(Math.abs(sd / scale - 1)).toBeLessThan(0.3);
  expect(new Set(near).size).toBeGreaterThan(1000);
  // A plan exists: the server and pages run the model without TensorFlow.js.
  expect(compileModel(model).length).toBeGreaterThan(0);
  model.dispose();
});

test("a context with a value far out is learned", async () => {
  const both = tableOf(300, (z, i) => (i === 50 ? 1.6e9 : z));
  const context = ndArray(
    [300, 1],
    both.data.filter((_, i) => i % 2 === 1),
  );
  const noise = createKey(9).normal(300);
  const x = ndArray(
    [300, 1],
    context.data.map((c, i) => (i === 50 ? 0 : c + 0.3 * (noise[i] as number))),
  );
  const { model } = await fitAuto({ x, context }, { key, maxEpochs: 8, quality: "fast", hidden: [16], transforms: 1 });
  const at = (values: number[]): NdArray => ndArray([values.length, 1], Float64Array.from(values));
  const right = logProbRows(model, at([-1.5, 0, 1.5]), at([-1.5, 0, 1.5]));
  const wrong = logProbRows(model, at([1.5, 1.5, -1.5]), at([-1.5, 0, 1.5]));
  for (const [i, value] of right.entries()) expect(value).toBeGreaterThan((wrong[i] as number) + 1);
  model.dispose();
});

test("a table without such values is standardized as before", async () => {
  const { model, warnings } = await fitAuto({ x: tableOf(100, (z) => 1.6e9 + z) }, { key, members: [] });
  expect(warnings).toEqual([]);
  expect(((model as Flow).transform as Chain).layers).toHaveLength(1);
  model.dispose();
});
