import { useBackend } from "@pushforward/backend";
import { createKey, ndArray } from "@pushforward/core";
import type { TableRows } from "@pushforward/tables/extend";
import { beforeAll, expect, test } from "vitest";
import { fitBase } from "./base-density.ts";

beforeAll(() => useBackend("wasm"));

const CLASSES = 26;
const COLUMNS = 5;

/** Each class has two clusters of its own. */
function clustersOf(rowsPerClass: number, seed: number): TableRows {
  const rows = CLASSES * rowsPerClass;
  const z = createKey(seed).normal(rows * COLUMNS);
  const centers = createKey(1).normal(2 * CLASSES * COLUMNS);
  const x = Float64Array.from({ length: rows * COLUMNS }, (_, at) => {
    const [row, j] = [Math.floor(at / COLUMNS), at % COLUMNS];
    const cluster = 2 * (row % CLASSES) + (Math.floor(row / CLASSES) % 2);
    return (centers[cluster * COLUMNS + j] as number) + 0.1 * (z[at] as number);
  });
  const context = Float64Array.from({ length: rows * CLASSES }, (_, at) =>
    Math.floor(at / CLASSES) % CLASSES === at % CLASSES ? 1 : 0,
  );
  return { x: ndArray([rows, COLUMNS], x), context: ndArray([rows, CLASSES], context) };
}

test("many classes of some rows each get as many Gaussians as each of them has rows for", async () => {
  const classes = [Array.from({ length: CLASSES }, (_, j) => j)];
  const base = await fitBase(clustersOf(90, 2), clustersOf(20, 3), { key: createKey(0), classes });
  expect(base.components).toBeGreaterThan(1);
  expect(base.classes).toBe(CLASSES);
});
