import { TimeSlice } from "@pushforward/core/plain";
import { createKey, toyDataset, useBackend } from "pushforward";
import { expect, test } from "vitest";
import { introOf } from "./intro.ts";

test("the densities go from the base to two moons, and each has mass 1", async () => {
  await useBackend("wasm");
  const { x, y } = toyDataset("moons").bounds;
  const wide = { x: [2 * x[0], 2 * x[1]], y: [2 * y[0], 2 * y[1]] } as const;
  const rows = toyDataset("moons").sample(createKey(3), 500).data;
  const points = [0, 1].map((j) => Float64Array.from({ length: 500 }, (_, i) => rows[2 * i + j] as number));
  const view = { pair: [0, 1], ...wide, context: [], theme: "light" } as const;
  const { densities, bend } = await introOf(view, points, new TimeSlice(1e9));
  expect(densities).toHaveLength(bend.labels.length + 1);
  const area = (wide.x[1] - wide.x[0]) * (wide.y[1] - wide.y[0]);
  const losses = densities.map(({ logDensity, size }) => {
    expect(logDensity.reduce((sum, value) => sum + (area / size ** 2) * Math.exp(value), 0)).toBeCloseTo(1, 1);
    const place = (value: number, [low, high]: readonly [number, number]): number =>
      Math.floor((size * (value - low)) / (high - low));
    const at = (i: number): number =>
      place(rows[2 * i + 1] as number, wide.y) * size + place(rows[2 * i] as number, wide.x);
    return -Array.from({ length: 500 }, (_, i) => logDensity[at(i)] as number).reduce((a, b) => a + b) / 500;
  });
  // Nats per row on a grid; the true density has 2.39, a Gaussian 3.25.
  expect(losses[0]).toBeGreaterThan(3.1);
  expect(losses.at(-1)).toBeLessThan(2.7);
  expect(bend.points).toHaveLength(densities.length);
});
