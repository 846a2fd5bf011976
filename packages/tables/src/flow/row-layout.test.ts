import { useBackend } from "@pushforward/backend";
import { createKey, ModelFileError, ndArray } from "@pushforward/core";
import { maf, sampleRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import {
  classColumns,
  contextNames,
  contextSize,
  gridSpacing,
  layoutFromJson,
  layoutKinds,
  layoutNames,
  layoutToJson,
  type RowLayout,
  SAMPLE_BLOCK_ROWS,
  sampleBlocks,
  sampleColumns,
  tableMetadata,
} from "./row-layout.ts";

const LAYOUT: RowLayout = {
  columns: ["a", "__proto__"],
  context: [
    { name: "c", kind: "category", categories: ["p", "q", "r"] },
    { name: "y", kind: "number" },
    { name: "d", kind: "category", categories: ["s"] },
  ],
  integers: ["a"],
};

test("the context vector has one entry per number and one per category", () => {
  expect(contextSize(LAYOUT)).toBe(5);
  expect(classColumns(LAYOUT)).toEqual([[0, 1, 2], [4]]);
  expect(contextNames(LAYOUT)).toEqual(["c", "y", "d"]);
  expect(layoutNames(LAYOUT)).toEqual(["a", "__proto__", "c", "y", "d"]);
});

test("every name is a key of its own, also those that objects inherit", () => {
  const kinds = layoutKinds(LAYOUT);
  expect(Object.keys(kinds)).toEqual(["a", "__proto__", "c", "y", "d"]);
  expect(Object.entries(kinds).map(([, kind]) => kind)).toEqual(["number", "number", "text", "number", "text"]);
});

test("the grid of integers has spacing 1, and a column of real numbers has none", () => {
  expect(gridSpacing(LAYOUT, "a")).toBe(1);
  expect(gridSpacing(LAYOUT, "__proto__")).toBeUndefined();
});

const STORED: RowLayout = {
  columns: ["height", "age", "constructor"],
  context: [
    { name: "year", kind: "number" },
    { name: "species", kind: "category", categories: ["Adelie", "__proto__"] },
  ],
  integers: ["height", "age"],
  steps: [0.1, 1],
};

test("a layout survives the model file, grid spacings included", () => {
  const json = JSON.parse(JSON.stringify(layoutToJson(STORED)));
  expect(layoutFromJson(json)).toEqual(STORED);
});

test("a table without context or grids stays small", () => {
  const layout: RowLayout = { columns: ["x"], context: [] };
  expect(layoutToJson({ ...layout, integers: ["x"], steps: [1] })).toEqual({
    columns: ["x"],
    integers: ["x"],
    context: [],
  });
  expect(layoutFromJson(layoutToJson(layout))).toEqual(layout);
});

test.each([
  [{ columns: ["x"], context: [], integers: ["y"] }, /table\.integers: expected names of columns, got "y"\./],
  [{ columns: ["x"], context: [], integers: ["x"], steps: [1, 2] }, /table\.steps: expected 1 numbers/],
  [{ columns: ["x"], context: [], integers: ["x"], steps: [0] }, /table\.steps/],
  [{ columns: ["x"], context: [{ name: "c", kind: "constructor" }] }, /table\.context\.kind/],
  [{ context: [] }, /expected a field "columns"/],
])("a layout that contradicts itself is refused: %j", (json, message) => {
  expect(() => layoutFromJson(json)).toThrow(ModelFileError);
  expect(() => layoutFromJson(json)).toThrow(message);
});

test("metadata without a table describes none", () => {
  expect(tableMetadata({ table: { columns: [] } })).toEqual({ columns: [] });
  for (const metadata of [null, [], "table", {}, { other: 1 }]) expect(tableMetadata(metadata)).toBeUndefined();
});

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
