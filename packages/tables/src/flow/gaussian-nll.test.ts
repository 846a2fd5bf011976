import { ndArray } from "@pushforward/core";
import { expect, test } from "vitest";
import { gaussianNll } from "./gaussian-nll.ts";

function part(rows: readonly (readonly number[])[]): { x: ReturnType<typeof ndArray> } {
  return { x: ndArray([rows.length, rows[0]?.length ?? 0], Float64Array.from(rows.flat())) };
}

const TRAIN = [
  [0, 0],
  [2, 1],
  [1, 3],
  [-1, 0.5],
  [0.5, -2],
];
const TEST = [
  [0.3, 0.7],
  [1, -1],
];

const SCIPY = 2.6666440320697533;

test("is that of the fitted Gaussian", () => {
  // scipy.stats.multivariate_normal(T.mean(0), np.cov(T.T, bias=True)).logpdf(S)
  expect(gaussianNll(part(TRAIN), part(TEST))).toBeCloseTo(SCIPY, 12);
});

test("an offset of 1e9 does not matter", () => {
  const moved = (rows: readonly (readonly number[])[]) => rows.map(([a, b]) => [(a as number) + 2 ** 30, b as number]);
  expect(gaussianNll(part(moved(TRAIN)), part(moved(TEST)))).toBeCloseTo(SCIPY, 6);
});

test("there is none for constant or collinear columns", () => {
  expect(gaussianNll(part(TRAIN.map(([a]) => [a as number, 0.1])), part([[0, 0.1]]))).toBeUndefined();
  expect(gaussianNll(part(TRAIN.map(([a]) => [a as number, 3 * (a as number)])), part([[0, 0]]))).toBeUndefined();
});
