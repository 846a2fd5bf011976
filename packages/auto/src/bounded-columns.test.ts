import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { columnStatistics, standardize } from "@pushforward/datasets";
import { type ConditionalFlow, type Flow, logProbRows, sampleRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { BoundedColumns, boundsNote, findBounds, toMembers } from "./bounded-columns.ts";
import { fitAuto } from "./fit-auto.ts";

const key = createKey(0);

beforeAll(() => useBackend("wasm"));

function columnsOf(...columns: readonly (readonly number[])[]): NdArray {
  const rows = columns[0]?.length as number;
  const data = Array.from({ length: rows }, (_, i) => columns.map((column) => column[i] as number));
  return ndArray([rows, columns.length], Float64Array.from(data.flat()));
}

const uniforms = (rows: number, seed: number): number[] => [...createKey(seed).uniform(rows)];
const exponentials = (rows: number, seed: number): number[] => uniforms(rows, seed).map((u) => -Math.log1p(-u) + 1e-3);
const coins = (rows: number, seed: number): number[] => uniforms(rows, seed).map((u) => (u < 0.3 ? 1 : 0));

test("positive numbers near 0 and frequent ends of grids have bounds", () => {
  const rows = 200;
  const normal = [...createKey(4).normal(rows)];
  const x = columnsOf(
    exponentials(rows, 1),
    coins(rows, 2),
    normal,
    normal.map((z) => 50 + z),
    uniforms(rows, 3).map((u) => 2 + Math.floor(40 * u)),
    Array(rows).fill(0),
    uniforms(rows, 5).map((u) => Math.min(0.5, 0.1 * Math.floor(60 * u))),
  );
  const bounds = findBounds([x], new Map([1, 4, 5].map((j) => [j, 1])).set(6, 0.1));
  expect(bounds.map(({ column }) => column)).toEqual([0, 1, 4, 6]);
  expect(bounds[0]).toEqual({ column: 0, low: 0, high: Number.POSITIVE_INFINITY });
  expect(bounds[1]?.low).toBeCloseTo(-0.5, 4);
  expect(bounds[1]?.high).toBeCloseTo(1.5, 4);
  expect(bounds[2]?.low).toBeCloseTo(-0.5, 4);
  expect(bounds[2]?.high).toBe(Number.POSITIVE_INFINITY);
  expect(bounds[3]?.high).toBeCloseTo(0.55, 4);
  expect(boundsNote(bounds.slice(0, 2), ["time", "isOpen"])).toBe(
    "Bounds: time above 0, isOpen from -0.49999 to 1.5. No sample is outside.",
  );
});

test("a validation row outside takes a bound away", () => {
  const x = columnsOf(exponentials(100, 1));
  expect(findBounds([x, columnsOf([0.5, 2])], new Map())).toHaveLength(1);
  expect(findBounds([x, columnsOf([-0.5, 2])], new Map())).toEqual([]);
});

test("the map is inverted by its layers, and its log-slope is the derivative", () => {
  const x = columnsOf(
    exponentials(300, 1),
    uniforms(300, 2).map((u) => 2 * u - 0.5),
    [...createKey(4).normal(300)],
    exponentials(300, 3).map((value) => 7 - value),
  );
  const none = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const bounds = [
    { column: 0, ...none, low: 0 },
    { column: 1, low: -0.5, high: 1.5 },
    { column: 3, ...none, high: 7 },
  ];
  const bounded = new BoundedColumns(x, bounds, columnStatistics(x));
  const rows = standardize(x, bounded.statistics);
  const { rows: ofMembers, logSlope } = toMembers({ x: rows }, bounded);
  const y = ofMembers.x;
  const { mean, sd } = columnStatistics(y);
  for (const j of [0, 1, 3]) {
    expect(mean[j]).toBeCloseTo(0, 4);
    expect(sd[j]).toBeCloseTo(1, 4);
  }
  const step = 1e-3;
  const shifted = (shift: number): NdArray["data"] =>
    toMembers(
      {
        x: ndArray(
          rows.shape,
          Float64Array.from(rows.data, (v) => v + shift),
        ),
      },
      bounded,
    ).rows.x.data;
  const [above, below] = [shifted(step), shifted(-step)];
  for (let i = 0; i < 300; i++) {
    const own = Array.from({ length: 4 }, (_, j) => 4 * i + j);
    const isInside = own.every((at, j) => j === 2 || Math.abs(rows.data[at] as number) > 0.05);
    if (!isInside || (rows.data[4 * i + 1] as number) > 3.3) continue;
    const slope = own.reduce(
      (sum, at) => sum + Math.log(((above[at] as number) - (below[at] as number)) / (2 * step)),
      0,
    );
    expect(Math.abs(slope - (logSlope?.[i] as number))).toBeLessThan(0.02);
  }
});

test("no sample is outside, and the density adds up to 1 with the rows outside", async () => {
  const x = columnsOf(exponentials(400, 1), coins(400, 2));
  const validation = { x: columnsOf(exponentials(60, 7), coins(60, 8)) };
  const { model, validationNll, log } = await fitAuto(
    { x },
    { key, validation, dequantize: [1], maxEpochs: 4, hidden: [16], threads: 1 },
  );
  expect(log.some((text) => text.startsWith("Bounds: 1 above 0, 2 from"))).toBe(true);
  const drawn = sampleRows(model as Flow, key, 4000).data;
  for (let i = 0; i < drawn.length; i += 2) {
    expect(drawn[i]).toBeGreaterThanOrEqual(0);
    expect([0, 1]).toContain(Math.round(drawn[i + 1] as number) + 0);
  }
  // Sums over the first column of the density of the cells of the second, of which the Student-t has less than 0.001.
  const spacing = 0.01;
  const points = [-0.25, 0.25, 0.75, 1.25].flatMap((second) =>
    Array.from({ length: 1500 }, (_, i) => [(i + 0.5) * spacing, second] as const),
  );
  const grid = columnsOf(
    points.map(([first]) => first),
    points.map(([, second]) => second),
  );
  const mass = logProbRows(model, grid).reduce((sum, value) => sum + 0.5 * spacing * Math.exp(value), 0);
  expect(mass).toBeGreaterThan(0.9);
  expect(mass).toBeLessThan(1.1);
  const outside = logProbRows(model, columnsOf([-1, 1, 1], [0, 3, 0]));
  expect(outside[0]).toBeLessThan((outside[2] as number) - 5);
  expect(outside[1]).toBeLessThan((outside[2] as number) - 5);
  expect(outside.every(Number.isFinite)).toBe(true);
  expect(Number.isFinite(validationNll)).toBe(true);
  model.dispose();
});

test("the reported loss is the loss of the model", async () => {
  const x = columnsOf(exponentials(300, 1), exponentials(300, 2));
  const validation = { x: columnsOf(exponentials(50, 3), exponentials(50, 4)) };
  for (const defensiveWeight of [0.001, 0.3]) {
    const { model, validationNll } = await fitAuto(
      { x },
      { key, validation, defensiveWeight, maxEpochs: 3, hidden: [16], threads: 1 },
    );
    const nll = -logProbRows(model, validation.x).reduce((a, b) => a + b, 0) / 50;
    expect(validationNll).toBeCloseTo(nll, 3);
    model.dispose();
  }
});

test("a context keeps the bounds; without the Student-t, or on request, there are none", async () => {
  const second = coins(200, 2);
  const x = columnsOf(exponentials(200, 1).map((value, i) => value * (1 + 4 * (second[i] as number))));
  const context = columnsOf(second);
  const options = { key, quality: "fast", maxEpochs: 2, hidden: [16], transforms: 1, threads: 1 } as const;
  const hasBounds = (log: readonly string[]): boolean => log.some((text) => text.startsWith("Bounds"));
  const given = await fitAuto({ x, context }, options);
  expect(hasBounds(given.log)).toBe(true);
  const drawn = sampleRows(given.model as ConditionalFlow, key, 50, context).data;
  expect(Math.min(...Array.from(drawn))).toBeGreaterThanOrEqual(0);
  given.model.dispose();
  for (const without of [{ bounds: false }, { defensiveWeight: 0 }, { members: [] }]) {
    const { model, log } = await fitAuto({ x }, { ...options, ...without });
    expect(hasBounds(log)).toBe(false);
    model.dispose();
  }
});
