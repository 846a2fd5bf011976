import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { beforeAll, expect, test } from "vitest";
import type { Tilt } from "../mixtures/hole-rows.ts";
import type { DrawnHoles } from "./draw-holes.ts";
import { fitTableDensity } from "./fit/fit-table-density.ts";
import type { TableDensity } from "./table-density.ts";

const key = createKey(20261201);
const ROWS = 400;
const TIMES = 16_000;

let model: TableDensity;

/** A color with gaps, two numbers with gaps that follow the color, and a last number that follows both. */
function rows(): Table {
  const uniforms = (name: string): Float32Array => key.fold(name).uniform(ROWS);
  const [u, v, w, gaps, noise] = ["color", "a", "b", "gap", "noise"].map(uniforms) as [
    ...[Float32Array, Float32Array, Float32Array, Float32Array, Float32Array],
  ];
  const colors = Array.from(u, (x) => (x < 0.5 ? "red" : x < 0.9 ? "blue" : ""));
  const a = Float64Array.from(v, (x, i) =>
    (gaps[i] as number) < 0.1 ? Number.NaN : x + (colors[i] === "red" ? 1 : 0),
  );
  const b = Float64Array.from(w, (x) => 2 * x);
  return createTable([
    { name: "color", kind: "text", values: colors, missing: new Set(colors.flatMap((c, i) => (c === "" ? [i] : []))) },
    { name: "a", kind: "number", values: a },
    { name: "b", kind: "number", values: b },
    {
      name: "sum",
      kind: "number",
      values: Float64Array.from(noise, (x, i) => ((a[i] as number) || 0) + (b[i] as number) + x),
    },
  ]);
}

const known = createTable([
  { name: "color", kind: "text", values: ["red"] },
  { name: "a", kind: "number", values: Float64Array.of(0) },
  { name: "b", kind: "number", values: Float64Array.of(0) },
  { name: "sum", kind: "number", values: Float64Array.of(2.8) },
]);
const holes = new Map(["color", "a", "b"].map((name) => [name, Uint8Array.of(1)]));

function drawn(tilts: ReadonlyMap<string, Tilt>, mayBeMissing: boolean, seed: number): DrawnHoles {
  const task = { table: known, holes, times: TIMES, mayBeMissing, isInOrder: true, key: key.fold(seed), tilts };
  return model.drawHoles(task, []);
}

type Cells = readonly [color: readonly string[], a: Float64Array, b: Float64Array];

function cellsOf({ columns }: Table): Cells {
  return columns.map(({ values }) => values) as unknown as Cells;
}

/** The logarithm of the mean weight, and weighted means of the holes. */
function summary({ table, logWeights }: DrawnHoles): readonly number[] {
  const weights = logWeights.map(Math.exp);
  const total = weights.reduce((sum, w) => sum + w, 0);
  const share = (is: (row: number) => boolean): number =>
    weights.reduce((sum, w, i) => sum + (is(i) ? w : 0), 0) / total;
  const [color, a, b] = cellsOf(table);
  return [
    Math.log(total / TIMES),
    ...[share((i) => color[i] === "red"), share((i) => Number.isNaN(a[i])), share((i) => (a[i] as number) > 1.2)],
    share((i) => (b[i] as number) > 0.9),
  ];
}

/** The standard error of the logarithm of the mean weight. */
function standardError({ logWeights }: DrawnHoles): number {
  const weights = logWeights.map(Math.exp);
  const mean = weights.reduce((sum, w) => sum + w / TIMES, 0);
  return Math.sqrt(weights.reduce((sum, w) => sum + (w / mean - 1) ** 2, 0)) / TIMES;
}

beforeAll(async () => {
  await useBackend("cpu");
  ({ model } = await fitTableDensity(rows(), { key, hidden: [8], maxEpochs: 20, folds: 2, relations: [] }));
});

const inRange = (x: number): boolean => x > 0.9 && x <= 1.4;
const ranges = (name: string, minus?: ReadonlyMap<string, number>): [string, Tilt] => [
  name,
  { logFactors: Float64Array.of(-0.5, -1, 1.5, 0.5), bounds: Float64Array.of(0.9, 1.4), minus },
];

test.each<readonly [string, readonly (readonly [string, Tilt])[], (cells: Cells) => number]>([
  [
    "codes",
    [["color", { logFactors: Float64Array.of(1.5, -1, 0) }]],
    ([color]) => color.filter((x) => x === "red").length,
  ],
  ["ranges of numbers", [ranges("a")], ([, a]) => a.filter(inRange).length],
  [
    "ranges of the difference from an earlier number, after a tilt of this number",
    [ranges("a"), ranges("b", new Map([["a", -0.5]]))],
    ([, a, b]) => b.filter((x, i) => inRange(x + 0.5 * ((a[i] as number) || 0))).length,
  ],
])(
  "draws with tilts by %s are more often where the factor is large, and their weights say the same",
  (_, tilts, count) => {
    for (const mayBeMissing of [true, false]) {
      const [plain, tilted] = [drawn(new Map(), mayBeMissing, 0), drawn(new Map(tilts), mayBeMissing, 1)];
      expect(count(cellsOf(tilted.table))).toBeGreaterThan(1.3 * count(cellsOf(plain.table)));
      expect(tilted.inOrder).toBe(TIMES);
      const expected = summary(plain);
      const limit = 4 * Math.hypot(standardError(plain), standardError(tilted));
      expect(limit).toBeLessThan(0.1);
      for (const [i, value] of summary(tilted).entries()) {
        expect(Math.abs(value - (expected[i] as number)), `number ${i}`).toBeLessThan(i === 0 ? limit : 0.06);
      }
    }
  },
);
