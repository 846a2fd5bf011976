import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import { fitTableDensity } from "./fit-table-density.ts";

const key = createKey(20261201);
const ROWS = 600;

beforeAll(() => useBackend("wasm"));

/** A floor and a basement, which equals it in 40 % of the rows and is otherwise smaller, or also larger. */
function houses(isSmaller: boolean): Table {
  const [u, v, w] = ["floor", "basement", "equal"].map((name) => key.fold(name).uniform(ROWS)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const floor = Float64Array.from(u, (x) => 500 + Math.floor(1000 * x));
  const basement = floor.map((size, row) => {
    if ((w[row] as number) < 0.4) return size;
    const part = isSmaller && row % 50 > 0 ? (v[row] as number) : 2 * (v[row] as number);
    return Math.floor(size * part);
  });
  return createTable([
    { name: "floor", kind: "number", values: floor },
    { name: "basement", kind: "number", values: basement },
  ]);
}

const fit = async (table: Table) =>
  (await fitTableDensity(table, { key, hidden: [16], maxEpochs: 20, folds: 2, relations: [] })).model;
const isLarger = ({ columns }: Table): number => {
  const [floor, basement] = columns.map(({ values }) => values) as [Float64Array, Float64Array];
  return basement.filter((size, row) => size > (floor[row] as number)).length;
};

test("a source of copies beyond which numbers are rare has an edge, and samples are rarely beyond it", async () => {
  const table = houses(true);
  using model = await fit(table);
  const [source] = model.columns[1]?.copies?.sources ?? [];
  expect(source?.from).toEqual([0]);
  expect(source?.above).toBeLessThan(0.5);
  expect(source?.below).toBeUndefined();
  const share = isLarger(table) / ROWS;
  expect(share).toBeLessThan(0.02);
  expect(isLarger(model.sample(key, 4000)) / 4000).toBeLessThan(share + 0.03);
});

test("a source with numbers on both sides has none", async () => {
  using model = await fit(houses(false));
  const sources = model.columns[1]?.copies?.sources ?? [];
  expect(sources.map(({ from }) => from)).toEqual([[0]]);
  expect(sources.flatMap(({ above, below }) => [above, below])).toEqual([undefined, undefined]);
});
