// What `fitAuto` makes, as a whole model: its measure, its file, both backends, and no tape.

import { expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { isConditionalDistribution, ops } from "./extend.ts";
import {
  type ConditionalFlow,
  createKey,
  decodeModel,
  describeBackend,
  encodeModel,
  type Flow,
  fitAuto,
  logProbRows,
  type NdArray,
  ndArray,
  sampleRows,
  standardRegistry,
  useBackend,
} from "./index.ts";

const key = createKey(20261125);
const SMALL = { maxEpochs: 6, transforms: 2, hidden: [16, 16] } as const;

/** Correlated, skewed columns, of which the last has two heaps. */
function rowsOf(rows: number, columns: number): NdArray {
  const z = key.fold(`rows ${columns}`).normal(rows * columns);
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    let before = 0;
    for (let j = 0; j < columns; j++) {
      before = 0.5 * before + (z[i * columns + j] as number);
      data[i * columns + j] = j === 0 ? Math.exp(before / 3) : j === columns - 1 ? before + (i % 2) * 5 : before;
    }
  }
  return ndArray([rows, columns], data);
}

/** log ∫ p, by draws of a normal that is wider than the data. */
function importanceIntegral(model: Flow | ConditionalFlow, x: NdArray, draws: number): number {
  const [rows, columns] = x.shape as unknown as readonly [number, number];
  const at = (i: number, j: number): number => x.data[i * columns + j] as number;
  const mean = Float64Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += at(i, j);
    return sum / rows;
  });
  const sd = Float64Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += (at(i, j) - (mean[j] as number)) ** 2;
    return 1.2 * Math.sqrt(sum / rows);
  });
  const z = key.fold("importance").normal(draws * columns);
  const points = new Float64Array(z.length);
  const logProposal = new Float64Array(draws);
  for (let i = 0; i < draws; i++) {
    for (let j = 0; j < columns; j++) {
      const at = i * columns + j;
      points[at] = (mean[j] as number) + (sd[j] as number) * (z[at] as number);
      logProposal[i] =
        (logProposal[i] as number) - (z[at] as number) ** 2 / 2 - Math.log((sd[j] as number) * Math.sqrt(2 * Math.PI));
    }
  }
  const logProb = logProbRows(model, ndArray([draws, columns], points));
  return logProb.reduce((sum, value, i) => sum + Math.exp(value - (logProposal[i] as number)), 0) / draws;
}

test.runIf(DEEP).each([[3, 100_000, 0.02] as const, [5, 200_000, 0.05] as const])(
  "in %d dimensions the density integrates to 1",
  async (columns, draws, tolerance) => {
    await useBackend("wasm");
    const x = rowsOf(2000, columns);
    const { model } = await fitAuto({ x }, { key, ...SMALL });
    expect(Math.abs(importanceIntegral(model, x, draws) - 1)).toBeLessThan(tolerance);
    // Samples follow it: their log-densities have the mean of those of the data, within what 2,000 rows can tell.
    const draw = sampleRows(model, key, 4000);
    const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.abs(mean(logProbRows(model, draw)) - mean(logProbRows(model, x)))).toBeLessThan(0.25);
    model.dispose();
  },
);

test.runIf(DEEP)(
  "samples follow the density: in one dimension by Kolmogorov and Smirnov, in two by the counts of cells",
  async () => {
    await useBackend("wasm");
    const n = 20_000;
    const line = rowsOf(1500, 1);
    const { model: one } = await fitAuto({ x: line }, { key, ...SMALL });
    const [low, high, steps] = [-2, 12, 14_000];
    const width = (high - low) / steps;
    const grid = ndArray(
      [steps, 1],
      Float64Array.from({ length: steps }, (_, i) => low + width * (i + 0.5)),
    );
    let sum = 0;
    const cdf = logProbRows(one, grid).map((v) => (sum += width * Math.exp(v)));
    expect(Math.abs(sum - 1)).toBeLessThan(1e-3);
    const draws = Float64Array.from(sampleRows(one, key, n).data).sort();
    const distance = draws.reduce((largest, x, i) => {
      const at = cdf[Math.min(steps - 1, Math.max(0, Math.floor((x - low) / width)))] as number;
      return Math.max(largest, Math.abs(at - i / n), Math.abs(at - (i + 1) / n));
    }, 0);
    // p = 1e-3, and the steps of the grid.
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n) + 1e-3);
    one.dispose();

    const plane = rowsOf(1500, 2);
    const { model: two } = await fitAuto({ x: plane }, { key, ...SMALL });
    const [cells, fine] = [20, 10];
    const [from, to] = [
      [0, -5],
      [4, 11],
    ] as const;
    const size = [(to[0] - from[0]) / cells, (to[1] - from[1]) / cells] as const;
    const points = new Float64Array(2 * (cells * fine) ** 2);
    const cellOf = new Int32Array(points.length / 2);
    for (let i = 0, at = 0; i < cells * fine; i++) {
      for (let j = 0; j < cells * fine; j++, at++) {
        points[2 * at] = from[0] + (size[0] * (i + 0.5)) / fine;
        points[2 * at + 1] = from[1] + (size[1] * (j + 0.5)) / fine;
        cellOf[at] = Math.floor(i / fine) * cells + Math.floor(j / fine);
      }
    }
    const expected = new Float64Array(cells * cells);
    for (const [i, v] of logProbRows(two, ndArray([cellOf.length, 2], points)).entries()) {
      const cell = cellOf[i] as number;
      expected[cell] = (expected[cell] as number) + (n * Math.exp(v) * size[0] * size[1]) / fine ** 2;
    }
    const counts = new Float64Array(cells * cells);
    const { data } = sampleRows(two, key, n);
    for (let i = 0; i < n; i++) {
      const a = Math.floor(((data[2 * i] as number) - from[0]) / size[0]);
      const b = Math.floor(((data[2 * i + 1] as number) - from[1]) / size[1]);
      if (a >= 0 && a < cells && b >= 0 && b < cells) counts[a * cells + b] = (counts[a * cells + b] as number) + 1;
    }
    let chiSquare = 0;
    let freedom = 0;
    let [restExpected, restCount] = [n, n];
    for (const [cell, e] of expected.entries()) {
      if (e < 10) continue;
      const count = counts[cell] as number;
      chiSquare += (count - e) ** 2 / e;
      freedom++;
      restExpected -= e;
      restCount -= count;
    }
    // What lies in the other cells and outside is one more.
    chiSquare += (restCount - restExpected) ** 2 / Math.max(restExpected, 10);
    expect(freedom).toBeGreaterThan(50);
    // p = 1e-3 by Wilson and Hilferty.
    expect(chiSquare).toBeLessThan(freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3);
    two.dispose();
  },
);

test("given a context it integrates to 1 for each", async () => {
  await useBackend("wasm");
  const both = rowsOf(1500, 2);
  const column = (j: number): NdArray => ndArray([1500, 1], both.data.filter((_, i) => i % 2 === j) as Float64Array);
  const { model } = await fitAuto({ x: column(1), context: column(0) }, { key, ...SMALL });
  for (const context of [0.5, 1, 2.5]) {
    const count = 4000;
    const points = ndArray(
      [count, 1],
      Float64Array.from({ length: count }, (_, i) => -20 + (50 * (i + 0.5)) / count),
    );
    const contexts = ndArray([count, 1], new Float64Array(count).fill(context));
    const logProb = logProbRows(model, points, contexts);
    expect(Math.abs((50 / count) * logProb.reduce((sum, v) => sum + Math.exp(v), 0) - 1)).toBeLessThan(1e-3);
  }
  model.dispose();
});

test("the model is one file, has a plan, and is the same on both backends", async () => {
  for (const context of [undefined, rowsOf(300, 1)]) {
    await useBackend("wasm");
    const x = rowsOf(300, 3);
    const { model } = await fitAuto({ x, context }, { key, ...SMALL });
    const here = logProbRows(model, x, context);
    const lowered = ops.planLogProb(model, 3);
    expect(lowered.reason).toBeUndefined();
    const { model: restored } = await decodeModel(await encodeModel(model, standardRegistry), standardRegistry);
    expect(logProbRows(restored as Flow, x, context)).toEqual(here);
    expect(isConditionalDistribution(restored)).toBe(context !== undefined);
    await useBackend("cpu");
    expect((await describeBackend()).name).toBe("cpu");
    const there = logProbRows(model, x, context);
    for (const [i, value] of there.entries()) {
      expect(Math.abs(value - (here[i] as number))).toBeLessThan(1e-3 * Math.max(1, Math.abs(value)));
    }
    model.dispose();
    (restored as Flow).dispose();
  }
});
