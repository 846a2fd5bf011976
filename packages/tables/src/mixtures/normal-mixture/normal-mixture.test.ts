import { createKey, DataError, OptionError } from "@pushforward/core";
import { penguins, type Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { describe, expect, test } from "vitest";
import { fitNormalMixture } from "./fit-normal-mixture.ts";
import { NormalMixture } from "./normal-mixture.ts";

const key = createKey(20261127);
const ROWS = 3000;
const CORRELATION = 0.8;

/** Two normals with a correlation, one of them on another scale, and whether their sum is positive; some cells are missing. */
function rows(missing: number, of = key): Table {
  const [z, e] = [of.fold("z").normal(ROWS), of.fold("e").normal(ROWS)];
  const [u, v] = [of.fold("u").uniform(ROWS), of.fold("v").uniform(ROWS)];
  const x = Float64Array.from(z);
  const y = x.map((value, i) => CORRELATION * value + 0.6 * (e[i] as number));
  return createTable([
    { name: "x", kind: "number", values: x.map((value, i) => ((u[i] as number) < missing ? Number.NaN : value)) },
    {
      name: "y",
      kind: "number",
      values: y.map((value, i) => ((v[i] as number) < missing ? Number.NaN : 100 + 5 * value)),
    },
    { name: "sign", kind: "text", values: Array.from(x, (value, i) => (value + (y[i] as number) > 0 ? "+" : "-")) },
  ]);
}

/** log p(y | x) of the pair. */
function logConditional(x: number, y: number): number {
  const t = ((y - 100) / 5 - CORRELATION * x) / 0.6;
  return -(t * t) / 2 - Math.log(0.6 * 5) - 0.5 * Math.log(2 * Math.PI);
}

describe("fitNormalMixture", () => {
  test.each([0, 0.4])(
    "has the conditionals of a normal when a share of %d of the cells is unknown",
    async (missing) => {
      const { model, tried } = await fitNormalMixture(rows(missing), { key, missing: "unknown", columns: ["x", "y"] });
      expect(tried[0]?.components).toBe(1);
      const fresh = rows(0, key.fold("fresh"));
      const logProb = model.conditional(fresh, ["x"], ["y"], { missing: "unknown" }).logProb();
      const [x, y] = [0, 1].map((place) => fresh.columns[place]?.values as Float64Array) as [
        Float64Array,
        Float64Array,
      ];
      const lost = logProb.map((value, i) => logConditional(x[i] as number, y[i] as number) - value);
      const mean = lost.reduce((sum, value) => sum + value / ROWS, 0);
      // What the distribution functions of the columns lose, from so many rows.
      expect(mean).toBeGreaterThan(0);
      expect(mean).toBeLessThan(0.06);
    },
  );

  test("draws what is unknown given the rest, and never a missing cell", async () => {
    const { model } = await fitNormalMixture(rows(0.3), { key, components: 1 });
    const present = model.withoutMissing();
    const holed = createTable([
      { name: "x", kind: "number", values: new Float64Array(2000).fill(1) },
      { name: "y", kind: "number", values: new Float64Array(2000).fill(Number.NaN) },
      { name: "sign", kind: "text", values: new Array(2000).fill(""), missing: new Set(Array(2000).keys()) },
    ]);
    const drawn = present.sampleGiven(key, holed, ["x", "y", "sign"], { missing: "unknown" });
    const y = Array.from(drawn.columns[1]?.values as Float64Array);
    const mean = y.reduce((sum, value) => sum + value / y.length, 0);
    expect(Math.abs(mean - (100 + 5 * CORRELATION))).toBeLessThan(0.25);
    const deviation = Math.sqrt(y.reduce((sum, value) => sum + (value - mean) ** 2 / y.length, 0));
    expect(Math.abs(deviation / 3 - 1)).toBeLessThan(0.1);
    expect(drawn.columns[2]?.values.filter((sign) => sign === "+").length).toBeGreaterThan(1500);
    const some = present.sample(key, 500).columns;
    expect(some.some((column) => column.kind === "number" && column.values.some(Number.isNaN))).toBe(false);
    // A third of the cells are missing, and the mixture knows it where a missing cell is a value.
    const share = Array.from(model.sample(key, 2000).columns[0]?.values as Float64Array).filter(Number.isNaN).length;
    expect(Math.abs(share / 2000 - 0.3)).toBeLessThan(0.04);
  });

  test("finds components, by validation rows", async () => {
    const [z, u] = [key.fold("a").normal(ROWS), key.fold("b").uniform(ROWS)];
    const side = Float64Array.from(u, (value) => (value < 0.5 ? -1 : 1));
    const x = Float64Array.from(z, (value, i) => value + 3 * (side[i] as number));
    const y = Float64Array.from(
      key.fold("c").normal(ROWS),
      (value, i) => value + (x[i] as number) * (side[i] as number),
    );
    const table = createTable([
      { name: "x", kind: "number", values: x },
      { name: "y", kind: "number", values: y },
    ]);
    const { tried, validationNll } = await fitNormalMixture(table, { key });
    expect(validationNll).toBeLessThan((tried[0]?.validationNll as number) - 0.2);
    expect(validationNll).toBe(Math.min(...tried.map((one) => one.validationNll)));
  });

  test("refuses what does not fit", async () => {
    await expect(fitNormalMixture(rows(0), { key, components: [4, 2] })).rejects.toThrow(OptionError);
    await expect(fitNormalMixture(rows(0), { key, iterations: 0 })).rejects.toThrow(
      "iterations to be an integer from 1",
    );
    await expect(fitNormalMixture(createTable([]), { key })).rejects.toThrow(DataError);
    const { model } = await fitNormalMixture(rows(0), { key, components: 1 });
    expect(() => model.conditional(rows(0), ["z"], ["x"])).toThrow(
      'expected one of the columns "x", "y", "sign", got "z"',
    );
    expect(() => model.conditional(rows(0), ["x"], ["x"])).toThrow("expected each column once");
    expect(() => new NormalMixture({ columns: model.columns, components: 0 })).toThrow(OptionError);
    expect(() => new NormalMixture({ columns: [], components: 1 })).toThrow("expected columns, got none");
  });
});

test("pairs of categories that never occur hardly occur in samples", async () => {
  const table = penguins();
  const pairsOf = ({ rows, columns }: Table): string[] => {
    const [species, island] = ["species", "island"].map((name) => columns.find((column) => column.name === name));
    return Array.from({ length: rows }, (_, i) => `${species?.values[i]} ${island?.values[i]}`);
  };
  const known = new Set(pairsOf(table));
  expect(known.size).toBe(5);
  const { model } = await fitNormalMixture(table, { key: createKey(1), components: 8 });
  const unknown = pairsOf(model.sample(createKey(2), 4000)).filter((pair) => !known.has(pair));
  expect(unknown.length / 4000).toBeLessThan(0.01);
  model.dispose();
});
