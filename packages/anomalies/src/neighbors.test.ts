import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { Neighbors } from "./neighbors.ts";

const [width, count] = [3, 400];

// Far rows have inner products with large rounding errors.
test.each([
  ["wasm", 1],
  ["wasm", 1e4],
  ["cpu", 1],
] as const)("the distance is the mean of the five smallest (%s, rows times %d)", async (backend, scale) => {
  await useBackend(backend);
  const references = Float32Array.from(createKey(4).normal(count * width), (x, i) => (i < 6 * width ? scale * x : x));
  const rows = Float64Array.from(createKey(5).normal(20 * width), (x, i) => (i < 5 * width ? 2 * scale * x : 2 * x));
  const neighbors = new Neighbors(count, width, references);
  for (const [row, distance] of neighbors.distances(rows).entries()) {
    const all = Array.from({ length: count }, (_, k) =>
      Math.hypot(
        ...[0, 1, 2].map((j) => Math.fround(rows[row * width + j] as number) - (references[k * width + j] as number)),
      ),
    ).sort((a, b) => a - b);
    const mean = all.slice(0, 5).reduce((sum, one) => sum + one / 5, 0);
    expect(Math.abs(distance - mean)).toBeLessThan(1e-12 * mean);
  }
  neighbors.dispose();
});

test("a row is not its own neighbor, but an equal row is", () => {
  const neighbors = new Neighbors(4, 1, Float32Array.of(0, 0, 3, 8));
  expect(neighbors.distances(Float64Array.of(0, 3, 5))).toEqual(Float64Array.of(11 / 3, 11 / 3, (5 + 5 + 2 + 3) / 4));
  neighbors.dispose();
});

test("of many rows some are references, and of few at most the given number", () => {
  const many = Neighbors.fit(new Float64Array(50_000), 10, 5000);
  const few = Neighbors.fit(new Float64Array(50), 10, 4);
  expect([many.count, few.count]).toEqual([4000, 4]);
  for (const one of [few, many]) one.dispose();
});
