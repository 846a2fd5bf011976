import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { parseCsv } from "@pushforward/datasets";
import { fitTableDensity } from "@pushforward/tables";
import { describe, expect, expectTypeOf, test } from "vitest";
import { findVariables } from "../finding/find-variable.ts";
import * as column from "./column-types.ts";
import { declareTable } from "./table-declaration.ts";

const key = createKey(20261127);
const people = declareTable({
  age: column.integer(),
  income: column.positive(),
  city: column.category(),
  when: column.date(),
  size: column.ordinal(["S", "M", "L"]),
  smoker: column.boolean(),
  name: column.id(),
});
const rows = Array.from({ length: 60 }, (_, i) => ({
  age: i % 7 === 0 ? null : 20 + ((i * 13) % 41),
  income: 1000 + 37.5 * i,
  city: ["Oslo", "Rome", "__proto__"][i % 3] as string,
  when: new Date(Date.UTC(2024, 0, 1 + i)),
  size: (["S", "M", "L"] as const)[(i * i) % 3] as "S" | "M" | "L",
  smoker: i % 4 === 0,
  name: `n${i}`,
}));

describe("declared columns", () => {
  test("from rows to a density, and back to typed rows", async () => {
    await useBackend("wasm");
    const data = people.read(rows);
    const { model, columns } = await fitTableDensity(data, { key, maxEpochs: 2, hidden: [8], members: 1 });
    const drawn = data.rows(model.sample(key, 200));
    expect(columns.map(({ column }) => column)).toEqual(["age", "income", "city", "when", "size", "smoker"]);
    expectTypeOf(drawn).toEqualTypeOf<
      {
        readonly age: number | null;
        readonly income: number | null;
        readonly city: string | null;
        readonly when: Date | null;
        readonly size: "S" | "M" | "L" | null;
        readonly smoker: boolean | null;
        readonly name: string | null;
      }[]
    >();
    for (const row of drawn) {
      expect(row.age === null || Number.isInteger(row.age)).toBe(true);
      expect(row.income).toBeGreaterThanOrEqual(0);
      expect(["Oslo", "Rome", "__proto__"]).toContain(row.city);
      expect(row.when?.getTime()).toBeGreaterThanOrEqual(Date.UTC(2024, 0, 1));
      expect(["S", "M", "L"]).toContain(row.size);
      expect(typeof row.smoker).toBe("boolean");
      expect(row.name).toBeNull();
    }
    const scores = model.logProb(
      data.read([
        { ...(rows[0] as (typeof rows)[number]), name: undefined },
        { age: 99, city: "Bern", income: null, when: undefined, size: null, smoker: null, name: null },
      ]),
    );
    expect(scores.every(Number.isFinite)).toBe(true);
    model.dispose();
  });

  test("rows come back as they were", () => {
    expect(people.read(rows).rows()).toEqual(rows);
  });

  test("CSV text and tables of texts hold the same, and may have other columns", () => {
    const csv =
      "smoker,note,age,income,city,when,size,name\nyes,x,30,$10,Oslo,31.12.2020,M,a\nno,y,?,$20,Rome,01.01.2021,S,b\n";
    const expected = [
      { age: 30, income: 10, city: "Oslo", when: new Date("2020-12-31"), size: "M", smoker: true, name: "a" },
      { age: null, income: 20, city: "Rome", when: new Date("2021-01-01"), size: "S", smoker: false, name: "b" },
    ];
    const data = people.read(csv);
    expect(data.rows()).toEqual(expected);
    expect(data.variables.map(({ kind }) => kind)).toEqual(
      "integer positive category date ordinal boolean id".split(" "),
    );
    expect(people.read(parseCsv(csv, { kinds: "text", missing: "keep" })).rows()).toEqual(expected);
    const all = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }), { declared: people.declared });
    expect(all.variables).toHaveLength(8);
    // The same formats read other rows.
    expect(data.read("smoker,age,income,city,when,size\nyes,1,$3,Oslo,02.01.2021,L\n").columns).toMatchObject([
      { values: Float64Array.of(1) },
      { values: Float64Array.of(3) },
      { values: ["Oslo"] },
      { values: Float64Array.of(Date.parse("2021-01-02") / 1000) },
      { values: ["L"] },
      { values: ["yes"] },
    ]);
  });

  test("times of day are kept, and years far away", () => {
    const times = declareTable({ at: column.date() });
    const given = [
      { at: new Date("0001-01-01T00:00:00.250Z") },
      { at: new Date("9999-12-31T23:59:59Z") },
      { at: null },
    ];
    expect(times.read(given).rows()).toEqual(given);
  });

  test("numbers within bounds, and on a circle", () => {
    const bounded = declareTable({
      score: column.interval(0, 10),
      angle: column.circular(-180, 180),
      x: column.real(),
      remark: column.text(),
    });
    const data = bounded.read([
      { score: 3, angle: 190, x: Number.NaN, remark: "a" },
      { score: "4", angle: "-170", x: 2, remark: undefined },
    ]);
    expect(data.rows()).toEqual([
      { score: 3, angle: -170, x: null, remark: "a" },
      { score: 4, angle: -170, x: 2, remark: null },
    ]);
    expect(data.notes.map(({ column }) => column)).toEqual(["angle"]);
  });
});

describe("errors name the row and the column", () => {
  const one = declareTable({
    age: column.integer(),
    size: column.ordinal(["S", "M"]),
    income: column.positive(),
    when: column.date(),
  });
  const good = { age: 1, size: "S", income: 1, when: new Date(0) } as const;

  test.each([
    [{ age: 1.5 }, 'row 2, column "age": expected an integer, got "1.5".'],
    [{ age: "x" }, 'row 2, column "age": expected an integer, got "x".'],
    [{ size: "XL" }, 'row 2, column "size": expected one of S < M, got "XL".'],
    [{ income: -1 }, 'row 2, column "income": expected a number of at least 0, got "-1".'],
    [
      { when: new Date(Number.NaN) },
      'row 2, column "when": expected a text, a number, a boolean or a date, got an invalid date.',
    ],
    [{ age: [1] }, 'row 2, column "age": expected a text, a number, a boolean or a date, got an array.'],
    [
      { age: { years: 1 } },
      'row 2, column "age": expected a text, a number, a boolean or a date, got a value of type object.',
    ],
  ])("%j", (bad, message) => {
    expect(() => one.read([good, { ...good, ...(bad as object) }])).toThrow(message);
  });

  test("of what no file has, too", () => {
    expect(() => one.read([{ ...good, age: 1n as never }])).toThrow('row 1, column "age": expected a text');
  });

  test("a column that a file does not have, and no rows", async () => {
    expect(() => one.read("age,size\n1,S\n")).toThrow(
      'declareTable: expected a column "income", got the columns "age", "size".',
    );
    await expect(fitTableDensity(one.read([]), { key })).rejects.toThrow("expected columns to learn, got none");
    const empty = { age: null, size: undefined, income: null, when: null };
    await expect(fitTableDensity(one.read([empty]), { key })).rejects.toThrow("expected columns to learn, got none");
  });

  test("a row that lacks a key", () => {
    const { size, ...lacking } = good;
    const message = 'row 2, column "size": expected a value, or null for a missing one, got no such key.';
    expect(() => one.read([good, lacking as never])).toThrow(message);
    expect(() => one.read([good, { ...good, size: "M" }]).read([good, lacking as never])).toThrow(message);
  });

  test("names of objects are columns like others", () => {
    const odd = declareTable({ ["__proto__"]: column.category(), constructor: column.integer() });
    const read = odd.read(
      JSON.parse('[{"__proto__": "a", "constructor": 1}, {"__proto__": null, "constructor": null}]'),
    );
    expect(JSON.stringify(read.rows())).toBe(
      '[{"__proto__":"a","constructor":1},{"__proto__":null,"constructor":null}]',
    );
    expect(() => odd.read([{ constructor: 2 } as never])).toThrow('row 1, column "__proto__": expected a value');
    expect(() => odd.read(JSON.parse('[{"__proto__": "a"}]'))).toThrow('row 1, column "constructor": expected a value');
  });

  test("declarations are checked when they are made", () => {
    expect(() => column.interval(1, 1)).toThrow("interval: expected finite bounds that rise, got 1 and 1.");
    expect(() => column.circular(0)).toThrow("circular: expected a finite period above 0, got 0.");
    expect(() => column.circular(5, Number.NaN)).toThrow("circular: expected finite bounds that rise, got 5 and NaN.");
    expect(() => column.ordinal(["a"])).toThrow("ordinal: expected at least two different levels, got [a].");
    expect(() => column.ordinal(["a", "a"])).toThrow("ordinal: expected at least two different levels");
  });
});
