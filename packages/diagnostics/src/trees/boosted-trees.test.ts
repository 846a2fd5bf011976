import { createKey, OptionError } from "@pushforward/core";
import { areaUnderCurve } from "@pushforward/core/plain";
import { expect, test } from "vitest";
import { type BoostedTreesOptions, binFeature, fitBoostedTrees } from "./boosted-trees.ts";
import type { TreeFeature } from "./tree.ts";

const ROWS = 2000;
const key = createKey(20261127);
const all = Int32Array.from({ length: ROWS }, (_, row) => row);
const train = all.subarray(0, ROWS / 2);
const fresh = all.subarray(ROWS / 2);

function column(name: string): Float64Array {
  return Float64Array.from(key.fold(name).uniform(ROWS));
}

function numbers(values: Float64Array): TreeFeature {
  return { kind: "number", values };
}

/** The AUC on fresh rows. */
function areaOf(columns: readonly TreeFeature[], labels: Uint8Array, options?: BoostedTreesOptions): number {
  const trees = fitBoostedTrees(columns.map(binFeature), labels, train, options);
  const [no, yes] = [0, 1].map((label) => trees.logOdds(fresh.filter((row) => labels[row] === label)));
  return areaUnderCurve(no ?? [], yes ?? []);
}

test("fits an XOR, which no sum of functions of single columns is", () => {
  const [x, y] = [column("x"), column("y")];
  const labels = Uint8Array.from(x, (value, row) => Number(value > 0.5 !== (y[row] as number) > 0.5));
  expect(areaOf([numbers(x), numbers(y)], labels)).toBeGreaterThan(0.995);
  expect(areaOf([numbers(x), numbers(y)], labels, { depth: 1 })).toBeLessThan(0.65);
});

test("comes near the best AUC of a problem where it is known", () => {
  // P(label | x) = x: the AUC of the score x is ∫∫ (1 − x) y [x < y] + … = 5/6.
  const x = column("known");
  const u = column("labels");
  const labels = Uint8Array.from(x, (value, row) => Number((u[row] as number) < value));
  const area = areaOf([numbers(x)], labels, { rounds: 20, depth: 2 });
  expect(area).toBeGreaterThan(5 / 6 - 0.03);
  expect(area).toBeLessThan(5 / 6 + 0.03);
});

test("labels that follow from nothing are not learned", () => {
  const labels = Uint8Array.from(column("coin"), (u) => Number(u < 0.5));
  expect(Math.abs(areaOf([numbers(column("noise"))], labels) - 0.5)).toBeLessThan(0.05);
});

test("missing cells go to the side where they belong", () => {
  const x = column("gaps").map((value) => (value < 0.3 ? Number.NaN : value));
  const labels = Uint8Array.from(x, (value) => Number(Number.isNaN(value) || value > 0.8));
  expect(areaOf([numbers(x)], labels, { rounds: 20 })).toBeGreaterThan(0.99);
});

test("categories are told apart without an order, many of them too", () => {
  const codes = Int32Array.from(column("codes"), (u) => Math.floor(10 * u));
  const labels = Uint8Array.from(codes, (code) => Number([1, 4, 6, 9].includes(code)));
  expect(areaOf([{ kind: "category", values: codes }], labels, { rounds: 30 })).toBeGreaterThan(0.999);
  const many = codes.map((code, row) => (code < 5 ? code : 1000 + row));
  const first = Uint8Array.from(many, (code) => Number(code < 5));
  expect(areaOf([{ kind: "category", values: many }], first, { rounds: 30 })).toBeGreaterThan(0.99);
});

test("the same rows give the same log-odds", () => {
  const features = [binFeature(numbers(column("x")))];
  const labels = Uint8Array.from(column("again"), (u) => Number(u < 0.5));
  const [first, second] = [0, 1].map(() => fitBoostedTrees(features, labels, train, { rounds: 5 }).logOdds(fresh));
  expect(first).toEqual(second);
});

test("a first tree of one question is the Newton step of XGBoost", () => {
  // Six rows, three of each class, split 3 : 3 without errors: G = ±1.5, H = 0.75, value = 0.3 · 1.5/(0.75 + 1).
  const x = Float64Array.of(1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
  const labels = Uint8Array.from(x, (value) => value - 1);
  const rows = Int32Array.from(x, (_, row) => row);
  const trees = fitBoostedTrees([binFeature(numbers(x))], labels, rows, { rounds: 1, depth: 1 });
  const [low, high] = trees.logOdds(Int32Array.of(0, 3));
  expect(high).toBeCloseTo((0.3 * 3) / (1.5 + 1), 12);
  expect(low).toBeCloseTo((-0.3 * 3) / (1.5 + 1), 12);
});

test("refuses options out of range, and rows of one class", () => {
  const features = [binFeature(numbers(column("x")))];
  const labels = new Uint8Array(ROWS);
  expect(() => fitBoostedTrees(features, labels, train)).toThrow(OptionError);
  labels.fill(1, 0, 10);
  for (const options of [{ rounds: 0 }, { depth: 0 }, { learningRate: 0 }]) {
    expect(() => fitBoostedTrees(features, labels, train, options)).toThrow(OptionError);
  }
});
