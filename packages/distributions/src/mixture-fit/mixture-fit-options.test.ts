import { createKey } from "@pushforward/core";
import { expect, test } from "vitest";
import type { CovariancePrior } from "./expectation-maximization.ts";
import {
  divideRows,
  growWhileFalling,
  type MixtureCandidate,
  searchMixtures,
  smallestWithin,
} from "./mixture-fit-options.ts";

const weak: CovariancePrior = { strength: 0.1, shape: "diagonal" };
const strong: CovariancePrior = { strength: 5, shape: "full" };

function candidate(components: number, validationNll: number, prior: CovariancePrior = weak): MixtureCandidate {
  return { components, prior, steps: 1, trainNll: 0, validationNll, aborted: false };
}

test("the smallest size within the margin, and its best prior", () => {
  const candidates = [
    candidate(1, 5),
    candidate(2, 4.08),
    candidate(2, 4.05, strong),
    candidate(4, 4),
    candidate(8, 3.99),
  ];
  expect(smallestWithin(candidates, 0.1)).toBe(candidates[2]);
  expect(smallestWithin(candidates, 0.02)).toBe(candidates[3]);
  expect(smallestWithin(candidates, 0)).toBe(candidates[4]);
});

test("a larger size only when it pays, from the size that was taken last", () => {
  const candidates = [candidate(1, 5), candidate(4, 4.95), candidate(16, 4.89), candidate(32, 4.85)];
  expect(growWhileFalling(candidates, 0.1)).toBe(candidates[2]);
  expect(growWhileFalling(candidates, 0.2)).toBe(candidates[0]);
  expect(growWhileFalling(candidates, 0.01)).toBe(candidates[3]);
});

async function sizesTried(nll: (components: number, prior: CovariancePrior) => number, signal?: AbortSignal) {
  const candidates = await searchMixtures({
    counts: [1, 2, 4, 8, 16, 32],
    priors: [weak, strong],
    patience: 2,
    signal,
    fit: async (components, prior) => ({
      ...candidate(components, nll(components, prior), prior),
      aborted: signal?.aborted ?? false,
    }),
  });
  return [weak, strong].map((prior) => candidates.filter((c) => c.prior === prior).map(({ components }) => components));
}

test("each prior goes on until the NLL has risen twice in a row", async () => {
  const levels: Readonly<Record<number, number>> = { 1: 5, 2: 4, 4: 4.5, 8: 4.2, 16: 4.3, 32: 4.4 };
  expect(
    await sizesTried((components, prior) => (prior === weak ? (levels[components] as number) : components)),
  ).toEqual([
    [1, 2, 4, 8, 16, 32],
    [1, 2, 4],
  ]);
});

test("the signal ends the search; only a first mixture is given unfinished", async () => {
  const controller = new AbortController();
  const nll = (components: number): number => {
    if (components === 4) controller.abort();
    return -components;
  };
  expect(await sizesTried(nll, controller.signal)).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(await sizesTried(nll, controller.signal)).toEqual([[1], []]);
});

test("rows are divided by the key, none twice", () => {
  const key = createKey(0);
  const none = divideRows({ key, maxRows: 10 }, 7, false);
  expect([Array.from(none.train), Array.from(none.held)]).toEqual([[0, 1, 2, 3, 4, 5, 6], []]);
  for (const [rows, choice, train, held] of [
    [7, true, 4, 3],
    [100, true, 70, 30],
    [1000, true, 500, 100],
    [1000, false, 500, 0],
    [1, true, 1, 0],
  ] as const) {
    const division = divideRows({ key, maxRows: 500 }, rows, choice);
    expect([division.train.length, division.held.length]).toEqual([train, held]);
    expect(new Set([...division.train, ...division.held]).size).toBe(train + held);
    expect(divideRows({ key, maxRows: 500 }, rows, choice)).toEqual(division);
  }
});
