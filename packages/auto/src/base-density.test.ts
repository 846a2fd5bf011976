import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { GaussianMixture, Mixture, MultivariateStudentT } from "@pushforward/distributions";
import { type ConditionalFlow, type Flow, logProbRows, sampleRows } from "@pushforward/flows";
import type { TableRows } from "@pushforward/tables/extend";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { defensiveComponent, fitBase, fitWidenedGaussian, kernelDensityNll } from "./base-density.ts";
import { fitAuto } from "./fit-auto.ts";

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

test.each([
  [4, true],
  [262, false],
])("a context of %i numbers has several Gaussians only where their fit is quick", async (width, isMixed) => {
  // Four clusters along a line of the context; their numbers rise and fall along it.
  const tableOf = (rows: number, seed: number): TableRows => {
    const numbers = (columns: number, centers: readonly number[]): NdArray => {
      const noise = createKey(seed)
        .fold(columns)
        .normal(rows * columns);
      const values = noise.map((z, at) => 10 * (centers[Math.floor(at / columns) % 4] as number) + z);
      return ndArray([rows, columns], Float64Array.from(values));
    };
    return { x: numbers(2, [0, 1, 0, 1]), context: numbers(width, [0, 1, 2, 3]) };
  };
  const base = await fitBase(tableOf(2000, 2), tableOf(200, 3), { key: createKey(0), classes: [] });
  expect(base.columns).toBe(2 + width);
  expect(base.components > 1).toBe(isMixed);
});

const key = createKey(0);
const SMALL = { maxEpochs: 3, transforms: 1, hidden: [16] } as const;

const normals = (rows: number, columns: number): NdArray =>
  ndArray([rows, columns], Float64Array.from(createKey(5).normal(rows * columns)));

const farRows = ndArray([4, 3], Float64Array.of(1000, 1000, 1000, 1e30, 1e30, 1e30, 1e300, 0, 0, 0, 1e300, -1e300));

function expectBounded(values: Float64Array): void {
  expect(values[0]).toBeGreaterThan(-60);
  expect(values[1]).toBeGreaterThan(-400);
  expect([...values.slice(2)]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
}

test("bounds what a row far out costs, and costs hardly anything elsewhere", async () => {
  const x = normals(600, 3);
  const guarded = await fitAuto({ x }, { key, ...SMALL });
  const plain = await fitAuto({ x }, { key, ...SMALL, defensiveWeight: 0 });
  expect(guarded.defensiveWeight).toBe(1e-3);
  expect(plain.defensiveWeight).toBe(0);
  expect(((guarded.model as Flow).base as Mixture).components.at(-1)).toBeInstanceOf(MultivariateStudentT);
  expectBounded(logProbRows(guarded.model, farRows));
  expect(logProbRows(plain.model, farRows)[0]).toBeLessThan(-1e5);
  const [with_, without] = [logProbRows(guarded.model, x), logProbRows(plain.model, x)];
  for (const [i, value] of with_.entries()) expect(value).toBeGreaterThan((without[i] as number) - 1.001e-3);
  expect(guarded.validationNll - plain.validationNll).toBeLessThan(1.001e-3);
  expect(guarded.log.at(-1)).toContain("a Student-t of weight 0.001 around all rows");
  for (const { model } of [guarded, plain]) model.dispose();
});

test("is part of the mixture of Gaussians alone, of one member, and of conditional models", async () => {
  const x = normals(400, 3);
  const bare = await fitAuto({ x }, { key, members: [] });
  const fast = await fitAuto({ x }, { key, ...SMALL, quality: "fast" });
  for (const { model } of [bare, fast]) expectBounded(logProbRows(model, farRows));
  const given = await fitAuto({ x, context: normals(400, 1) }, { key, ...SMALL });
  expectBounded(logProbRows(given.model, farRows, ndArray([4, 1], Float64Array.of(0, 1, -1, 0))));
  expect((given.model as ConditionalFlow).contextShape).toEqual([1]);
  for (const { model } of [bare, fast, given]) model.dispose();
});

test("the one flow that select keeps stays a flow, unless a weight is given", async () => {
  const x = normals(300, 2);
  const alone = await fitAuto({ x }, { key, ...SMALL, select: true });
  expect((alone.model as Flow).base).not.toBeInstanceOf(Mixture);
  expect(alone.defensiveWeight).toBe(0);
  const guarded = await fitAuto({ x }, { key, ...SMALL, select: true, defensiveWeight: 0.01 });
  expect([...((guarded.model as Flow).base as Mixture).weights]).toEqual([0.99, 0.01]);
  for (const { model } of [alone, guarded]) model.dispose();
});

test("samples leave the component out, and conditional ones too", async () => {
  const x = normals(400, 1);
  const context = normals(400, 1);
  const options = { key, ...SMALL, defensiveWeight: 0.2, members: [] } as const;
  const plain = await fitAuto({ x }, options);
  const given = await fitAuto({ x, context }, { key, ...SMALL, quality: "fast", defensiveWeight: 0.2 });
  const zero = ndArray([1, 1], Float64Array.of(0));
  // With the component 0.2 · 0.0635 of the draws would be beyond ±10.
  for (const draws of [sampleRows(plain.model, key, 20_000), sampleRows(given.model, key, 20_000, zero)]) {
    expect(draws.data.filter((value) => Math.abs(value) > 10)).toHaveLength(0);
  }
  const far = ndArray([1, 1], Float64Array.of(1e6));
  expect(logProbRows(plain.model, far)[0]).toBeGreaterThan(-40);
  expect(logProbRows(given.model, far, zero)[0]).toBeGreaterThan(-40);
  for (const { model } of [plain, given]) model.dispose();
});

test("layers do not throw the draws of a tail far out", async () => {
  // Networks without a bound multiply the tail of one column by the exponential of another: 500 times the largest number.
  const z = createKey(3).normal(3000);
  const rows = Array.from({ length: 1000 }, (_, i): number[] => {
    const [a, b, c] = [...z.subarray(3 * i, 3 * i + 3)] as [number, number, number];
    return [Math.exp(a), Math.exp(0.7 * (a + b)), Math.exp(0.6 * (a + c))];
  });
  const x = ndArray([1000, 3], Float64Array.from(rows.flat()));
  const { model } = await fitAuto({ x }, { key, members: ["mixture"], maxEpochs: DEEP ? 15 : 6 });
  const [data, drawn] = [momentsOf(x), momentsOf(sampleRows(model, createKey(1), DEEP ? 200_000 : 20_000))];
  for (const [j, [, high]] of data.ranges.entries()) expect(drawn.ranges[j]?.[1], `column ${j}`).toBeLessThan(2 * high);
  model.dispose();
});

type Normals = readonly [number, number, number, ...number[]];

/** Columns of a row, from independent standard normal numbers. */
const TABLES: Readonly<Record<string, (z: Normals) => number[]>> = {
  correlated: ([a, b, c]) => [a, 0.8 * a + 0.6 * b, 5 - 2 * a + 3 * c],
  normal: ([a, b, c]) => [a, 100 + 2 * b, 1e-3 * c],
  bounded: ([a, b, c]) => [Math.sin(a), 1 / (1 + Math.exp(-2 * b)), c],
  skewed: ([a, b, c]) => [Math.exp(0.5 * a), Math.log1p(Math.exp(2 * b)), c],
  // Student-t numbers with eight degrees of freedom.
  "heavy-tailed": ([a, b, c, ...others]) => [a / Math.sqrt(others.reduce((sum, z) => sum + z * z, 0) / 8), b, c],
};

/** By how much of its range a column of samples may leave the range of its training rows. */
const BEYOND = 1.5;

test.each(Object.keys(TABLES).slice(0, DEEP ? undefined : 1))(
  "200,000 samples have the moments of a table that is %s, and stay near its range",
  async (name) => {
    // Of independent columns a sample of fewer rows has correlations that a model is right not to learn.
    const rows = DEEP ? 4000 : 1500;
    const z = normals(rows, 11).data;
    const row = TABLES[name] as (z: Normals) => number[];
    const cells = Array.from({ length: rows }, (_, i) =>
      row([...z.subarray(11 * i, 11 * i + 11)] as unknown as Normals),
    );
    const x = ndArray([rows, 3], Float64Array.from(cells.flat()));
    const { model } = await fitAuto({ x }, { key, ...(DEEP && name !== "correlated" ? {} : { members: [] }) });
    const [data, drawn] = [momentsOf(x), momentsOf(sampleRows(model, key.fold("sample"), 200_000))];
    for (const [j, sd] of data.sds.entries()) {
      expect(Math.abs((drawn.sds[j] as number) / sd - 1), `standard deviation ${j}`).toBeLessThan(0.03);
      const [low, high] = data.ranges[j] as [number, number];
      expect(drawn.ranges[j]?.[0], `minimum ${j}`).toBeGreaterThan(low - BEYOND * (high - low));
      expect(drawn.ranges[j]?.[1], `maximum ${j}`).toBeLessThan(high + BEYOND * (high - low));
    }
    for (const [i, correlation] of data.correlations.entries()) {
      expect(Math.abs((drawn.correlations[i] as number) - correlation), `correlation ${i}`).toBeLessThan(0.02);
    }
    model.dispose();
  },
  300_000,
);

interface Moments {
  readonly sds: readonly number[];
  readonly correlations: readonly number[];
  readonly ranges: readonly [low: number, high: number][];
}

function momentsOf({ shape, data }: NdArray): Moments {
  const [rows, columns] = shape as unknown as readonly [number, number];
  const values = Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => data[i * columns + j] as number),
  );
  const centered = values.map((column) => {
    const mean = column.reduce((sum, value) => sum + value / rows, 0);
    return column.map((value) => value - mean);
  });
  const product = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, value, i) => sum + (value * (b[i] as number)) / rows, 0);
  const sds = centered.map((column) => Math.sqrt(product(column, column)));
  return {
    sds,
    correlations: centered.flatMap((a, i) =>
      centered.map((b, j) => product(a, b) / ((sds[i] as number) * (sds[j] as number))),
    ),
    ranges: values.map((column) => [column.reduce((a, b) => Math.min(a, b)), column.reduce((a, b) => Math.max(a, b))]),
  };
}

test("has mean and covariance of the rows, which may be constant or depend on each other", () => {
  const rows = normals(500, 1).data;
  const singular = ndArray([500, 3], Float64Array.from([...rows].flatMap((z) => [z, 2 * z + 1, 4])));
  using component = defensiveComponent(singular);
  const [center] = logProbRows(component, ndArray([1, 3], Float64Array.of(0, 1, 4)));
  expect(Number.isFinite(center)).toBe(true);
  using plain = defensiveComponent(ndArray([4, 1], Float64Array.of(1, 3, 5, 7)));
  const values = logProbRows(plain, ndArray([2, 1], Float64Array.of(4, 4 + Math.sqrt(5))));
  // A Cauchy at 4 of scale √5, the standard deviation of 1, 3, 5, 7.
  expect(values[0]).toBeCloseTo(-Math.log(Math.PI * Math.sqrt(5)), 4);
  expect(values[1]).toBeCloseTo(-Math.log(2 * Math.PI * Math.sqrt(5)), 4);
});

test("is the best of its bandwidths, each computed from the formula", () => {
  const train = ndArray([40, 2], Float64Array.from(createKey(0).normal(80)));
  const rows = ndArray([15, 2], Float64Array.from(createKey(1).normal(30)));
  const nll = (h: number): number => {
    let sum = 0;
    for (let i = 0; i < 15; i++) {
      let density = 0;
      for (let k = 0; k < 40; k++) {
        const [dx, dy] = [0, 1].map((j) => (rows.data[2 * i + j] as number) - (train.data[2 * k + j] as number)) as [
          number,
          number,
        ];
        density += Math.exp(-(dx * dx + dy * dy) / (2 * h * h)) / (2 * Math.PI * h * h) / 40;
      }
      sum -= Math.log(density);
    }
    return sum / 15;
  };
  const best = Math.min(...Array.from({ length: 24 }, (_, i) => nll(0.02 * 1.25 ** i)).filter(Number.isFinite));
  expect(kernelDensityNll(train, rows)).toBeCloseTo(best, 8);
});

test.runIf(DEEP)("near the truth with many rows", () => {
  const train = ndArray([4000, 1], Float64Array.from(createKey(2).normal(4000)));
  const rows = ndArray([1000, 1], Float64Array.from(createKey(3).normal(1000)));
  expect(kernelDensityNll(train, rows)).toBeCloseTo(0.5 * Math.log(2 * Math.PI * Math.E), 1);
});

test("far from every training row it is finite", () => {
  const train = ndArray([2, 1], Float64Array.of(0, 1));
  expect(Number.isFinite(kernelDensityNll(train, ndArray([1, 1], Float64Array.of(500))))).toBe(true);
});

const widenedGaussianKey = createKey(3);

/** Rows of a Student-t with three degrees of freedom, or normal ones. */
function rowsOf(count: number, isHeavy: boolean): NdArray {
  const z = createKey(7).normal(5 * count);
  const values = Array.from({ length: count }, (_, i) => {
    const [a, b, ...others] = z.subarray(5 * i, 5 * i + 5) as unknown as [number, number, ...number[]];
    const scale = isHeavy ? Math.sqrt(3 / others.reduce((sum, value) => sum + value * value, 0)) : 1;
    return [scale * a, scale * b];
  });
  return ndArray([count, 2], Float64Array.from(values.flat()));
}

function nll(options: ConstructorParameters<typeof GaussianMixture>[0], rows: NdArray): number {
  using mixture = new GaussianMixture(options);
  return -logProbRows(mixture, rows).reduce((sum, value) => sum + value, 0) / (rows.shape[0] as number);
}

test("rows with tails become more likely by three Gaussians of one mean", async () => {
  const rows = rowsOf(4000, true);
  const { features, weights, means, scaleTrils } = await fitWidenedGaussian(rows, { key: widenedGaussianKey });
  expect(weights).toHaveLength(3);
  expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
  expect(Math.min(...weights)).toBeGreaterThan(0.005);
  expect(means.slice(0, 2)).toEqual(means.slice(4, 6));
  expect(scaleTrils[8]).toBe(4 * (scaleTrils[0] as number));
  const one = { features, means: means.slice(0, 2), scaleTrils: scaleTrils.slice(0, 4) };
  expect(nll({ features, weights, means, scaleTrils }, rows)).toBeLessThan(nll(one, rows) - 0.05);
});

test("normal rows keep their one Gaussian", async () => {
  const { weights, scaleTrils } = await fitWidenedGaussian(rowsOf(4000, false), { key: widenedGaussianKey });
  expect([...weights]).toEqual([1]);
  expect(scaleTrils).toHaveLength(4);
});
