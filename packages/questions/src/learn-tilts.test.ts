import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { fitTableDensity } from "@pushforward/tables";
import { CategoryCoding } from "@pushforward/tables/extend";
import { expect, test } from "vitest";
import { askTable } from "./index.ts";
import { learnTilts } from "./learn-tilts.ts";

const key = createKey(20261201);

function wordsAnd(words: readonly string[], numbers: Readonly<Record<string, readonly number[]>>): Table {
  return createTable([
    { name: "word", kind: "text", values: words },
    ...Object.entries(numbers).map(([name, values]) => ({
      ...{ name, kind: "number" as const, values: Float64Array.from(values) },
    })),
  ]);
}

test("a factor is the share in the answer over the share with the tilts of earlier columns, drawn to 1", () => {
  const coding = new CategoryCoding({ categories: ["a", "b"], counts: [2, 2] });
  const columns = ["word", "same"].map((name) => ({ name, coding }));
  const sameAnd = (words: readonly string[]): Table =>
    createTable(["word", "same"].map((name) => ({ name, kind: "text" as const, values: words })));
  const proposed = sameAnd(["a", "b", "b", "b"]);
  const answer = { table: sameAnd(["a", "b"]), weights: Float64Array.of(0.75, 0.25) };
  const tilts = learnTilts({ columns, proposed: { table: proposed }, answer, size: 120 });
  // 0.75 / 0.25 and 0.25 / 0.75, with 120 draws and 8 more with the factor 1.
  const expected = [(120 * 3 + 8) / 128, (120 / 3 + 8) / 128];
  const factors = Array.from(tilts.get("word")?.logFactors ?? [], Math.exp);
  expect(factors[0]).toBeCloseTo(expected[0] as number, 12);
  expect(factors[1]).toBeCloseTo(expected[1] as number, 12);
  // With the first tilt, the second column has nearly its shares in the answer.
  expect(tilts.has("same")).toBe(false);
});

test("cells that follow from known copies count neither among the draws nor in the answer", () => {
  const coding = new CategoryCoding({ categories: ["a", "b"], counts: [2, 2] });
  const columns = ["word"].map((name) => ({ name, coding }));
  const draws = (words: readonly string[], flags: readonly number[]) => ({
    table: wordsAnd(words, {}),
    pulled: new Map([["word", Uint8Array.from(flags)]]),
  });
  const tiltsOf = (proposed: ReturnType<typeof draws>, answer: ReturnType<typeof draws>, weights: readonly number[]) =>
    learnTilts({ columns, proposed, answer: { ...answer, weights: Float64Array.from(weights) }, size: 120 });
  const plain = tiltsOf(draws(["a", "b", "b", "b"], [0, 0, 0, 0]), draws(["a", "b"], [0, 0]), [0.75, 0.25]);
  const withCopies = tiltsOf(
    draws(["a", "b", "a", "b", "b", "a"], [0, 0, 1, 0, 0, 1]),
    draws(["a", "a", "b", "b"], [0, 1, 0, 1]),
    [0.3, 0.5, 0.1, 0.1],
  );
  const expected = plain.get("word")?.logFactors as Float64Array;
  for (const [code, factor] of expected.entries()) {
    expect(withCopies.get("word")?.logFactors[code]).toBeCloseTo(factor, 12);
  }
  expect(tiltsOf(draws(["a", "b"], [0, 0]), draws(["a", "b"], [1, 1]), [0.9, 0.1]).has("word")).toBe(false);
});

test("of an answer with few effective draws, the power of the weights with 100 of them counts", () => {
  const coding = new CategoryCoding({ categories: ["a", "b"], counts: [2, 2] });
  const columns = [{ name: "word", coding }];
  const count = 400;
  const uniforms = key.fold("weights").uniform(count);
  const raw = Float64Array.from(uniforms, (u) => Math.exp(12 * u));
  const powers = (power: number): Float64Array => {
    const total = raw.reduce((sum, w) => sum + w ** power, 0);
    return raw.map((w) => w ** power / total);
  };
  const sizeOf = (weights: Float64Array): number => 1 / weights.reduce((sum, w) => sum + w * w, 0);
  let power = 1;
  while (sizeOf(powers(power)) < 100) power -= 1e-4;
  expect(power).toBeLessThan(0.9);
  const table = wordsAnd(
    Array.from(uniforms, (u) => (u > 0.9 ? "a" : "b")),
    {},
  );
  const proposed = { table: wordsAnd(["a", "b", "b", "b"], {}) };
  const tiltOf = (weights: Float64Array, size: number) =>
    learnTilts({ columns, proposed, answer: { table, weights }, size }).get("word")?.logFactors as Float64Array;
  const [own, expected] = [tiltOf(powers(1), sizeOf(powers(1))), tiltOf(powers(power), 100)];
  for (const [code, factor] of expected.entries()) expect(own[code]).toBeCloseTo(factor, 2);
  expect(Math.abs((tiltOf(powers(1), 100)[1] as number) - (expected[1] as number))).toBeGreaterThan(0.1);
});

test("a number that the answer knows given an earlier number is tilted by their difference", () => {
  const numbers = (name: string, count: number): number[] => Array.from(key.fold(name).uniform(count));
  const [a, b] = [numbers("a", 400), numbers("b", 400)];
  const proposed = wordsAnd(Array(400).fill("x"), { a, b });
  const c = numbers("c", 60);
  const answer = {
    table: wordsAnd(Array(60).fill("x"), { a: c, b: c.map((x, i) => 0.2 + 0.5 * x + 0.05 * (i % 2)) }),
    weights: new Float64Array(60).fill(1 / 60),
  };
  const words = new CategoryCoding({ categories: ["x"], counts: [400] });
  const coding = { codes: 1, components: 1, encode: words.encode };
  const tilts = learnTilts({
    columns: ["a", "b"].map((name) => ({ name, coding })),
    proposed: { table: proposed },
    answer,
    size: 60,
  });
  const slope = tilts.get("b")?.minus?.get("a") as number;
  expect(Math.abs(slope - 0.5 * (60 / 68))).toBeLessThan(0.03);
});

test("a question that takes thousands of draws is answered by tilted ones, as the density says", async () => {
  await useBackend("wasm");
  const count = 1500;
  const [u, v, w] = ["id", "wrong", "other"].map((name) => key.fold(name).uniform(count)) as [
    ...[Float32Array, Float32Array, Float32Array],
  ];
  const ids = Array.from(u, (x) => `id ${Math.floor(40 * x)}`);
  const groups = ids.map((id, i) =>
    (v[i] as number) < 0.02 ? Math.floor(40 * (w[i] as number)) : Number(id.slice(3)),
  );
  const groupOf = (group: number): string => `group ${(7 * group) % 40}`;
  const table = createTable([
    { name: "id", kind: "text", values: ids },
    { name: "group", kind: "text", values: groups.map(groupOf) },
  ]);
  const { model } = await fitTableDensity(table, { key, hidden: [32], maxEpochs: 60, members: 1, relations: [] });
  // Proposals from few rows are of no use.
  const questions = await askTable(model, { key, rows: 30 });
  const asked = groupOf(11);
  const all = createTable([
    { name: "id", kind: "text", values: Array.from({ length: 40 }, (_, i) => `id ${i}`) },
    { name: "group", kind: "text", values: Array(40).fill(asked) },
  ]);
  const density = model.logProb(all).map(Math.exp);
  const total = density.reduce((sum, p) => sum + p, 0);
  const answer = questions.given({ group: asked }, { key, draws: 1000 });
  expect(answer.effectiveSampleSize).toBeGreaterThanOrEqual(1000);
  // In the order of the columns alone, about one of 40 draws counts.
  expect(answer.table.rows).toBeLessThan(8000);
  expect(answer.proposal).toBe("order");
  expect(Math.abs(answer.logEvidence - Math.log(total))).toBeLessThan(0.05);
  const shares = answer.probabilities("id");
  for (const [i, p] of density.entries()) {
    expect(Math.abs((shares.get(`id ${i}`) ?? 0) - p / total), `id ${i}`).toBeLessThan(0.03);
  }
  questions.dispose();
});
