import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import { Neighbors } from "./neighbors.ts";

const [width, count] = [3, 400];
const references = Float32Array.from(createKey(4).normal(count * width));
const rows = Float64Array.from(createKey(5).normal(20 * width), (x) => 2 * x);

test("the distance is the mean of the five smallest", () => {
  const neighbors = new Neighbors(count, width, references);
  const distances = neighbors.distances(rows);
  for (const [row, distance] of distances.entries()) {
    const all = Array.from({ length: count }, (_, k) =>
      Math.hypot(...[0, 1, 2].map((j) => (rows[row * width + j] as number) - (references[k * width + j] as number))),
    ).sort((a, b) => a - b);
    expect(distance).toBeCloseTo(
      all.slice(0, 5).reduce((sum, one) => sum + one / 5, 0),
      10,
    );
  }
  neighbors.dispose();
});

test("fewer than five references all count, and of many rows some are kept", () => {
  const two = Neighbors.fit(Float64Array.of(0, 2), 1);
  expect(two.distances(Float64Array.of(0, 5))).toEqual(Float64Array.of(1, 4));
  const many = Neighbors.fit(new Float64Array(50_000), 10);
  expect(many.count).toBe(4000);
  for (const one of [two, many]) one.dispose();
});
