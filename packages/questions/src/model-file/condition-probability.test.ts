import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { normalCdf } from "@pushforward/core/plain";
import { createTable } from "@pushforward/datasets/extend";
import { MultivariateNormal } from "@pushforward/distributions";
import { Flow } from "@pushforward/flows";
import { fitNormalMixture, fitTableDensity, type RowDensity } from "@pushforward/tables";
import { FlowModel, TableMixture } from "@pushforward/tables/extend";
import { AffineElementwise } from "@pushforward/transforms";
import { beforeAll, describe, expect, test } from "vitest";
import { askTable } from "../table-questions.ts";
import { type ConditionProbability, conditionProbability, type ProbabilityOptions } from "./condition-probability.ts";

const key = createKey(20261130);

beforeAll(() => useBackend("wasm"));

/** A normal with correlation ρ as a model of the columns x and y. */
function pair(correlation: number): RowDensity {
  const base = new MultivariateNormal({
    mean: [0, 0],
    covariance: [
      [1, correlation],
      [correlation, 1],
    ],
  });
  const flow = new Flow(base, new AffineElementwise({ features: 2 }));
  return new FlowModel({ flow, layout: { columns: ["x", "y"], context: [] } });
}

function ask(model: RowDensity, options: Partial<ProbabilityOptions>): Promise<ConditionProbability> {
  const answer = conditionProbability(model, "model", { of: {}, draws: 4000, seed: 1, ...options });
  return answer(async () => ({ questions: await askTable(model, { key }) }));
}

/** Whether an answer is a number within four standard errors, which are as small as its draws allow. */
function expectNear({ probability, standardError, effectiveSampleSize, isExact }: ConditionProbability, p: number) {
  expect(isExact).toBe(false);
  expect(Math.abs(probability - p)).toBeLessThan(4 * standardError);
  expect(standardError / Math.sqrt((p * (1 - p)) / (effectiveSampleSize as number))).toBeGreaterThan(0.7);
  expect(standardError / Math.sqrt((p * (1 - p)) / (effectiveSampleSize as number))).toBeLessThan(1.4);
  expect(effectiveSampleSize).toBeGreaterThan(2000);
}

describe("of a normal pair", () => {
  test("that is independent, a condition on the other column changes nothing", async () => {
    const model = pair(0);
    const of = { y: { above: 1 } };
    for (const given of [undefined, { x: 0.5 }, { x: { min: 0 } }]) {
      expectNear(await ask(model, { of, given }), 1 - normalCdf(1));
    }
  });

  test("that is correlated, given a value: Φ with the conditional mean and deviation", async () => {
    const answer = await ask(pair(0.8), { of: { y: { above: 1 } }, given: { x: 1.5 } });
    expectNear(answer, 1 - normalCdf((1 - 0.8 * 1.5) / 0.6));
  });

  test("that is correlated, given a half plane: the arc sine law of Sheppard", async () => {
    const model = pair(0.8);
    expectNear(
      await ask(model, { of: { y: { above: 0 } }, given: { x: { above: 0 } } }),
      0.5 + Math.asin(0.8) / Math.PI,
    );
    const both = { x: { above: 0 }, y: { below: 0 } };
    expectNear(await ask(model, { of: both }), 0.25 - Math.asin(0.8) / (2 * Math.PI));
  });

  test("the same seed gives the same answer, and where a value decides it is exact", async () => {
    const [model, question] = [pair(0.5), { of: { y: { min: 0.3 } }, given: { x: { below: 1 } } }];
    expect(await ask(model, question)).toEqual(await ask(model, question));
    expect((await ask(model, { ...question, seed: 2 })).probability).not.toBe((await ask(model, question)).probability);
    const exact = { standardError: 0, effectiveSampleSize: null, isExact: true, warning: null };
    expect(await ask(model, { of: { x: { min: 1 } }, given: { x: 2 } })).toEqual({ probability: 1, ...exact });
    expect(await ask(model, { of: { x: { min: 1 }, y: 0 }, given: { x: 0 } })).toEqual({ probability: 0, ...exact });
  });

  test("what no draw meets is not certain", async () => {
    const answer = await ask(pair(0), { of: { y: { above: 30 } } });
    expect(answer).toMatchObject({ probability: 0, isExact: false, effectiveSampleSize: 4000 });
    expect(answer.standardError).toBeCloseTo(1 / 4000, 5);
    expect(answer.warning).toBe("no draw meets the condition: the probability is at most 0.00075 (95 % confidence)");
    const value = await ask(pair(0), { of: { y: 0 } });
    expect(value.probability).toBe(0);
    const all = await ask(pair(0), { of: { y: { below: 30 } } });
    expect([all.probability, all.warning]).toEqual([1, expect.stringMatching(/^every draw .* at least 1 − 0.00075/)]);
  });
});

describe("of few values", () => {
  const ROWS = 1200;

  /** A word and a number that depends on it. */
  function rows() {
    const [u, v] = [key.fold("u").uniform(ROWS), key.fold("v").uniform(ROWS)];
    const a = Array.from(u, (x) => (x < 0.3 ? "x" : "y"));
    const n = Float64Array.from(v, (x, i) => (x < (a[i] === "x" ? 0.75 : 0.25) ? 1 : x < 0.9 ? 2 : Number.NaN));
    return createTable([
      { name: "a", kind: "text", values: a },
      { name: "n", kind: "number", values: n },
    ]);
  }

  test("it is the exact sum over all rows, and near the share of the table", async () => {
    const { model } = await fitTableDensity(rows(), { key, hidden: [8], maxEpochs: 12, members: 1 });
    const cells = ["x", "y"].flatMap((a) => [1, 2, Number.NaN].map((n) => ({ a, n })));
    const p = model
      .logProb(
        createTable([
          { name: "a", kind: "text", values: cells.map(({ a }) => a) },
          { name: "n", kind: "number", values: Float64Array.from(cells, ({ n }) => n) },
        ]),
      )
      .map(Math.exp);
    const sum = (...places: number[]): number => places.reduce((total, i) => total + (p[i] as number), 0);
    expect(sum(0, 1, 2, 3, 4, 5)).toBeCloseTo(1, 2);
    const cases: [Partial<ProbabilityOptions>, number, number][] = [
      [{ of: { a: "x" } }, sum(0, 1, 2) / sum(0, 1, 2, 3, 4, 5), 0.3],
      [{ of: { a: "x" }, given: { n: 1 } }, sum(0) / sum(0, 3), 0.225 / 0.4],
      [{ of: { n: { min: 2 } }, given: { a: "y" } }, sum(4) / sum(3, 4, 5), 0.65],
      [{ of: { n: null } }, sum(2, 5) / sum(0, 1, 2, 3, 4, 5), 0.1],
      [{ of: { a: "x", n: { in: [1, null] } }, given: { n: { in: [1, 2] } } }, sum(0) / sum(0, 1, 3, 4), 0.25],
    ];
    for (const [question, exact, share] of cases) {
      const answer = await ask(model, question);
      expect(answer).toMatchObject({ standardError: 0, effectiveSampleSize: null, isExact: true });
      expect(answer.probability).toBeCloseTo(exact, 9);
      expect(Math.abs(answer.probability - share)).toBeLessThan(0.06);
    }
    model.dispose();
  });
});

test("a density of columns and a mixture with normals answer as their draws do", async () => {
  const [u, v] = [key.fold("p").normal(1500), key.fold("q").normal(1500)];
  const table = createTable([
    { name: "x", kind: "number", values: Float64Array.from(u) },
    { name: "y", kind: "number", values: Float64Array.from(u, (x, i) => 0.6 * x + 0.8 * (v[i] as number)) },
  ]);
  const { model: normals } = await fitNormalMixture(table, { key, components: [1] });
  const { model: density } = await fitTableDensity(table, { key, hidden: [16], maxEpochs: 20, members: 1 });
  const mixture = new TableMixture({ density, members: [normals], weights: [0.5] });
  for (const model of [density, mixture]) {
    const answer = await ask(model, { of: { y: { above: 0.5 } }, given: { x: 0.5 }, draws: 2500 });
    expect(Math.abs(answer.probability - (1 - normalCdf((0.5 - 0.3) / 0.8)))).toBeLessThan(0.1);
  }
});

test("wrong questions are refused at once", () => {
  const model = pair(0);
  const check = (options: Partial<ProbabilityOptions>) => () =>
    conditionProbability(model, "model.st", { of: { x: 1 }, draws: 100, seed: 0, ...options });
  expect(check({ of: {} })).toThrow("of: expected conditions, got none.");
  expect(check({ of: { z: 1 } })).toThrow('of: expected one of the columns "x", "y", got "z".');
  expect(check({ of: { x: { min: 2, max: 1 } } })).toThrow('of: expected a non-empty range of column "x"');
  expect(check({ given: { x: "a" } })).toThrow('given: expected a number or null for column "x", got "a".');
  expect(check({ given: { x: { min: 1e12 } } })).toThrow('condition that column "x" can meet');
});
