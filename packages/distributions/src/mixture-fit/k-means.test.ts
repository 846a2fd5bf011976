import { createKey } from "@pushforward/core";
import { TimeSlice } from "@pushforward/core/plain";
import { expect, test } from "vitest";
import { lloydStep, Seeds } from "./k-means.ts";
import { packAllRows } from "./row-statistics.ts";

const slice = new TimeSlice();

function squaredDistance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, j) => sum + (value - (b[j] as number)) ** 2, 0);
}

test("seeds are rows, know their rows, and stay when there are more of them", async () => {
  const d = 3;
  const values = Float64Array.from(createKey(1).normal(101 * d));
  const seeds = new Seeds(values, d, createKey(2));
  const four = await seeds.extend(4, slice);
  const nine = await seeds.extend(9, slice);
  expect(nine.slice(0, 4 * d)).toEqual(four);
  for (let i = 0; i < 101; i++) {
    const row = values.subarray(i * d, (i + 1) * d);
    const distances = Array.from({ length: 9 }, (_, k) => squaredDistance(row, nine.subarray(k * d, (k + 1) * d)));
    expect(distances[seeds.nearest[i] as number]).toBe(Math.min(...distances));
  }
});

test("far clusters all get a seed", async () => {
  const noise = createKey(3).normal(400);
  const values = Float64Array.from(noise, (z, i) => 1000 * (i % 8) + z);
  for (let seed = 0; seed < 20; seed++) {
    const centers = await new Seeds(values, 1, createKey(seed)).extend(8, slice);
    expect(new Set(Array.from(centers, (center) => Math.round(center / 1000))).size).toBe(8);
  }
});

test("more seeds than distinct rows", async () => {
  const values = Float64Array.of(1, 1, 1, 5, 5, 5);
  const centers = await new Seeds(values, 1, createKey(0)).extend(4, slice);
  expect(new Set(centers)).toEqual(new Set([1, 5]));
});

test("Lloyd's step finds the nearest centers and the means of their rows", () => {
  for (const d of [1, 2, 5]) {
    for (const n of [1, 7, 50]) {
      const values = Float64Array.from(createKey(d).normal(n * d));
      const rows = packAllRows({ rows: n, columns: d, data: values });
      const before = Float64Array.from(createKey(9).normal(6 * d));
      const centers = before.slice();
      const labels = new Int32Array(n).fill(3);
      lloydStep(rows, centers, labels);
      const sums = new Float64Array(6 * d);
      const sizes = new Float64Array(6);
      for (let i = 0; i < n; i++) {
        const row = values.subarray(i * d, (i + 1) * d);
        const distances = Array.from({ length: 6 }, (_, k) =>
          squaredDistance(row, before.subarray(k * d, (k + 1) * d)),
        );
        const label = labels[i] as number;
        expect(distances[label]).toBeCloseTo(Math.min(...distances), 12);
        sizes[label] = (sizes[label] as number) + 1;
        row.forEach((value, j) => {
          sums[label * d + j] = (sums[label * d + j] as number) + value;
        });
      }
      centers.forEach((value, i) => {
        const size = sizes[Math.floor(i / d)] as number;
        expect(value).toBeCloseTo(size === 0 ? (before[i] as number) : (sums[i] as number) / size, 12);
      });
    }
  }
});

test("Lloyd's steps end where nothing changes", () => {
  const rows = packAllRows({ rows: 5, columns: 1, data: Float64Array.of(0, 1, 10, 11, 12) });
  const centers = Float64Array.of(0, 1);
  const labels = new Int32Array(5);
  let steps = 0;
  while (lloydStep(rows, centers, labels)) steps++;
  expect(steps).toBeLessThan(5);
  expect(Array.from(centers)).toEqual([0.5, 11]);
});
