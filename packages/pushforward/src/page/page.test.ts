import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { kernelModule } from "@pushforward/runtime/wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { createKey, type NumberColumn, nsf, type Table, toyDataset, useBackend } from "../index.ts";
import { startingModels } from "./starting-models.ts";

type Bundle = (format: "iife" | "esm", parts: { starts: readonly object[]; kernels: Uint8Array }) => Promise<string>;
const { bundlePage }: { bundlePage: Bundle } = await import(
  new URL("../../scripts/bundle-page.mjs", import.meta.url).href
);

let script: string;
let page: typeof import("./page.ts");

beforeAll(async () => {
  await useBackend("cpu");
  script = await bundlePage("iife", { starts: startingModels(), kernels: kernelModule("simd") });
  page = runInThisContext(`${script}; pushforward`) as typeof page;
});

/** A table of columns x1, x2, … */
function tableOf(columns: readonly ArrayLike<number>[]): Table {
  return page.parseCsv(
    `${columns.map((_, j) => `x${j + 1}`).join(",")}\n${Array.from(columns[0] ?? [], (_, i) =>
      columns.map((column) => column[i]).join(","),
    ).join("\n")}\n`,
  );
}

const normals = (seed: number, rows: number): Float64Array => Float64Array.from(createKey(seed).normal(rows));
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, v) => sum + v, 0) / values.length;

describe("a fit by the script", () => {
  test("comes close to the exact density of two moons", async () => {
    const moons = toyDataset("moons");
    const [rows, held] = [moons.sample(createKey(1), 1000), moons.sample(createKey(2), 2000)];
    const column = ({ data }: typeof rows, j: number) => data.filter((_, i) => i % 2 === j);
    const table = tableOf([column(rows, 0), column(rows, 1)]);
    const losses: number[] = [];
    const model = await page.fit(table, {
      maxEpochs: 20,
      onEpoch: ({ validationLoss }) => losses.push(validationLoss),
    });
    expect(losses.length).toBeLessThanOrEqual(20);
    expect(losses[0]).toBeGreaterThan(Math.min(...losses) + 0.2);
    const exact = -mean(moons.logProb?.(held) ?? []);
    const gap = -mean(model.logProb(tableOf([column(held, 0), column(held, 1)]))) - exact;
    expect(gap).toBeGreaterThan(0);
    expect(gap).toBeLessThan(0.25);
    // The density of its own samples is about as high: they follow it.
    expect(Math.abs(mean(model.logProb(model.sample(2000))) - mean(model.logProb(table)))).toBeLessThan(0.25);
  });

  test("has the units of the table, one column to eight, and one result for a seed", async () => {
    const x = normals(3, 200).map((value) => 1000 + 50 * value);
    const one = await page.fit(tableOf([x]), { maxEpochs: 1 });
    // The plan starts at the identity: nearly the normal density of mean 1000 and standard deviation 50.
    expect(mean(one.logProb(tableOf([[1000]])))).toBeCloseTo(-0.5 * Math.log(2 * Math.PI) - Math.log(50), 0);
    const eight = tableOf(Array.from({ length: 8 }, (_, j) => normals(10 + j, 60)));
    const [first, again] = await Promise.all([1, 1].map((seed) => page.fit(eight, { seed, maxEpochs: 2 })));
    expect(again?.logProb(eight)).toEqual(first?.logProb(eight));
    expect(again?.sample(5, { seed: 4 })).toEqual(first?.sample(5, { seed: 4 }));
    expect(first?.columns).toEqual(eight.columns.map(({ name }) => name));
    expect((await page.fit(eight, { seed: 2, maxEpochs: 2 })).logProb(eight)).not.toEqual(first?.logProb(eight));
  });

  test("draws integers where the table has integers, and reads columns by their names", async () => {
    const counts = normals(5, 300).map((value) => Math.round(4 * value));
    const table = tableOf([normals(6, 300), counts]);
    const model = await page.fit(table, { maxEpochs: 2 });
    const columns = model.sample(50).columns as readonly NumberColumn[];
    expect(Array.from(columns[1]?.values ?? []).every((value) => Number.isInteger(value))).toBe(true);
    expect(Array.from(columns[0]?.values ?? []).every((value) => Number.isInteger(value))).toBe(false);
    const swapped = { rows: table.rows, columns: [...table.columns].reverse() };
    expect(model.logProb(swapped)).toEqual(model.logProb(table));
  });
});

test.each<[name: string, columns: readonly ArrayLike<number>[], options: object, message: string]>([
  ["no rows", [[1, 2, 3]], {}, "fit: expected at least 20 rows, got 3."],
  ["a constant column", [normals(1, 30), new Float64Array(30)], {}, 'got a constant one: "x2". Leave it out.'],
  [
    "nine columns",
    Array.from({ length: 9 }, () => normals(1, 30)),
    {},
    "fit: expected 1 to 8 columns of numbers, got 9.",
  ],
  ["an unknown column", [normals(1, 30)], { columns: ["z"] }, 'fit, column "z": expected a column of numbers, got the'],
  ["an unknown option", [normals(1, 30)], { maxEpoch: 3 }, 'got "maxEpoch". Did you mean maxEpochs?'],
  ["no epoch", [normals(1, 30)], { maxEpochs: 0 }, "fit: expected maxEpochs from 1, got 0."],
])("%s is refused", async (_, columns, options, message) => {
  await expect(page.fit(tableOf(columns), options)).rejects.toThrow(message);
});

test("starting models are those of the library, and survive JSON", () => {
  const starts = startingModels();
  expect(JSON.parse(JSON.stringify(starts))).toEqual(starts);
  const flow = nsf({ features: 2, key: createKey(0), transforms: 3, hidden: [32, 32] });
  const parameters = [...flow.parameters().values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const trained = starts[1]?.parameters.filter(({ trainable }) => trainable) ?? [];
  expect(trained.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(parameters);
  flow.dispose();
});

test("the script needs no other file, and is as small as it was", async () => {
  expect(script).not.toMatch(/@tensorflow|\brequire\(|\bimport\(/);
  const sizes = JSON.parse(readFileSync(new URL("../../../../scripts/sizes.json", import.meta.url), "utf8"));
  expect(sizes["pushforward.min.js"]).toBeLessThan(100_000);
  expect(gzipSync(script, { level: 9 }).length).toBeLessThanOrEqual(sizes["pushforward.min.js"]);
  const parts = { starts: startingModels(), kernels: kernelModule("simd") };
  expect(await bundlePage("esm", parts)).toMatch(/export\{/);
  expect(await bundlePage("iife", parts)).toBe(script);
});
