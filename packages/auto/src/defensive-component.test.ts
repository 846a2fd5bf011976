import { useBackend } from "@pushforward/backend";
import { createKey, type NdArray, ndArray } from "@pushforward/core";
import { Mixture, MultivariateStudentT } from "@pushforward/distributions";
import { type ConditionalFlow, type Flow, logProbRows, sampleRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { auto } from "./auto.ts";
import { defensiveComponent } from "./defensive-component.ts";

const key = createKey(0);
const SMALL = { epochs: 3, transforms: 1, hidden: [16] } as const;

beforeAll(() => useBackend("wasm"));

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
  const guarded = await auto({ x }, { key, ...SMALL });
  const plain = await auto({ x }, { key, ...SMALL, defensiveWeight: 0 });
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
  const bare = await auto({ x }, { key, members: [] });
  const fast = await auto({ x }, { key, ...SMALL, quality: "fast" });
  for (const { model } of [bare, fast]) expectBounded(logProbRows(model, farRows));
  const given = await auto({ x, context: normals(400, 1) }, { key, ...SMALL });
  expectBounded(logProbRows(given.model, farRows, ndArray([4, 1], Float64Array.of(0, 1, -1, 0))));
  expect((given.model as ConditionalFlow).contextShape).toEqual([1]);
  for (const { model } of [bare, fast, given]) model.dispose();
});

test("the one flow that select keeps stays a flow, unless a weight is given", async () => {
  const x = normals(300, 2);
  const alone = await auto({ x }, { key, ...SMALL, select: true });
  expect((alone.model as Flow).base).not.toBeInstanceOf(Mixture);
  expect(alone.defensiveWeight).toBe(0);
  const guarded = await auto({ x }, { key, ...SMALL, select: true, defensiveWeight: 0.01 });
  expect([...((guarded.model as Flow).base as Mixture).weights]).toEqual([0.99, 0.01]);
  for (const { model } of [alone, guarded]) model.dispose();
});

test("samples follow the density: a Cauchy with its weight among them", async () => {
  const x = normals(400, 1);
  const { model } = await auto({ x }, { key, ...SMALL, defensiveWeight: 0.2 });
  const draws = sampleRows(model, key, 20_000).data;
  // P(|Cauchy| > 10) is 0.0635, and no other part comes as far.
  const share = draws.filter((value) => Math.abs(value) > 10).length / draws.length;
  expect(Math.abs(share - 0.2 * 0.0635)).toBeLessThan(0.003);
  model.dispose();
});

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
