import { useBackend } from "@pushforward/backend";
import { createKey, ndArray } from "@pushforward/core";
import { maf, sampleRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { SAMPLE_BLOCK_ROWS, sampleBlocks, sampleColumns } from "./sample-blocks.ts";

beforeAll(() => useBackend("cpu"));

const small = { transforms: 1, hidden: [4], key: createKey(0) };

test("more samples than a block holds come in blocks, each with a key of its own", () => {
  using flow = maf({ features: 1, ...small });
  const blocks = [...sampleBlocks(flow, { count: 40_000, seed: 2 })];
  expect(blocks.map(({ samples }) => samples.shape)).toEqual([
    [32_768, 1],
    [7232, 1],
  ]);
  expect(blocks[1]?.samples).toEqual(sampleRows(flow, createKey(2).fold(1), 7232));
  expect(blocks[0]).not.toHaveProperty("contextRows");
});

test("the samples of one context come after those of the one before", () => {
  using flow = maf({ features: 1, context: 1, ...small, standardize: { mean: [0], sd: [1e-6] } });
  const contexts = ndArray([2, 1], Float64Array.of(0, 5));
  const [block, ...others] = [...sampleBlocks(flow, { count: 3, seed: 0, contexts })];
  expect(others).toEqual([]);
  expect(block?.samples.shape).toEqual([6, 1]);
  expect([...(block?.contextRows ?? [])]).toEqual([0, 0, 0, 1, 1, 1]);
});

test("samples in parts are those of one run", () => {
  using flow = maf({ features: 1, ...small });
  const rows = SAMPLE_BLOCK_ROWS;
  const whole = [...sampleBlocks(flow, { count: rows + 10, seed: 2 })];
  expect([...sampleBlocks(flow, { from: rows, count: rows + 10, seed: 2 })]).toEqual(whole.slice(1));
  expect(() => [...sampleBlocks(flow, { from: 7, count: 10, seed: 2 })]).toThrow(
    `sampleBlocks: expected from as a multiple of ${rows}, got 7.`,
  );
});

test("samples are rounded to the grid of their column, and to no other", () => {
  const samples = ndArray([2, 4], Float64Array.from([0.34, 7.4, 1.23, 999.9, 0.26, -0.2, 4.56, 1049]));
  const layout = {
    columns: ["tenths", "counts", "real", "hundreds"],
    context: [],
    integers: ["tenths", "counts", "hundreds"],
    steps: [0.1, 1, 100],
  };
  const columns = sampleColumns(layout, samples);
  expect(columns.map(({ name }) => name)).toEqual(layout.columns);
  expect(columns.map(({ values }) => [...values])).toEqual([
    [0.3, 0.3],
    [7, 0],
    [1.23, 4.56],
    [1000, 1000],
  ]);
  expect(Object.is(columns[1]?.values[1], 0)).toBe(true);
});

test("a grid without a spacing is that of the integers", () => {
  const [column] = sampleColumns(
    { columns: ["n"], context: [], integers: ["n"] },
    ndArray([1, 1], Float64Array.of(2.6)),
  );
  expect([...(column?.values ?? [])]).toEqual([3]);
});
