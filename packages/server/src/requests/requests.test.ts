import { useBackend } from "@pushforward/backend";
import { readArrow } from "@pushforward/files/arrow";
import type { OperationName } from "@pushforward/questions/operations";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionalFile, flowFile, fruitFile } from "../../test/served-files.ts";
import type { WorkerRequest } from "../workers/messages.ts";
import { answerBatch } from "./answer-batch.ts";
import { AnsweringModel } from "./answering-model.ts";

const settings = { backend: "wasm", maxRows: 1000 } as const;
const models: Record<string, AnsweringModel> = {};

beforeAll(async () => {
  await useBackend("wasm");
  const files = { flow: flowFile(1), given: conditionalFile(), fruit: await fruitFile() };
  for (const [name, bytes] of Object.entries(files)) models[name] = await AnsweringModel.read(bytes, `${name}.st`);
});
afterAll(() => {
  for (const model of Object.values(models)) model.dispose();
});

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at where it is expected.
  readonly json: any;
  readonly body: string | Uint8Array;
}

/** What a worker answers; a body that is no text is written as JSON. */
async function ask(
  name: string,
  operation: OperationName,
  body: object,
  more: Partial<WorkerRequest> = {},
): Promise<Answer> {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const request = { operation, body: bytes, bodyType: "json", answerType: "json", query: {}, ...more } as const;
  const [response] = await answerBatch(models[name] as AnsweringModel, [request], settings);
  if (response === undefined) throw new Error("no answer");
  const { status, body: answer } = response;
  return { status, body: answer, json: typeof answer === "string" ? JSON.parse(answer) : {} };
}

const pear = { fruit: "pear", size: 60, when: "03.03.2021", price: "$65.00" };

describe("given", () => {
  test("a missing cell, a set and a range are conditions", async () => {
    const missing = await ask("fruit", "given", { given: { price: null }, count: 3 });
    expect(missing.json.rows.map(({ price }: { price: unknown }) => price)).toEqual([null, null, null]);
    expect(missing.json.columns).not.toHaveProperty("price");
    const given = { fruit: { in: ["apple"] }, size: { above: 35, below: 45 } };
    const { json } = await ask("fruit", "given", { given, count: 30 });
    for (const { fruit, size } of json.rows) expect([fruit, size > 35 && size < 45]).toEqual(["apple", true]);
    expect(json.columns.fruit.probabilities.apple).toBeCloseTo(1, 9);
    const { quantiles } = json.columns.size;
    expect([quantiles["0.05"] > 35, quantiles["0.95"] < 45]).toEqual([true, true]);
  });

  test.each<[object, RegExp]>([
    [{ size: 33.5 }, /expected a number that column "size" can have \(the nearest is 3[34]\), got 33.5/],
    [{ size: "inf" }, /column "size": expected a finite number, got "inf"/],
    [{ size: "NaN" }, /column "size": expected a value, or null for a missing cell, got "NaN"/],
    [{ size: "" }, /column "size": expected a value, or null for a missing cell, got ""/],
    [{ fruit: "" }, /column "fruit": expected a value, or null for a missing cell, got ""/],
    [{ fruit: "kiwi" }, /expected a category of column "fruit", got "kiwi"/],
    [{ fruit: { min: 1 } }, /"fruit"/],
    [{ size: { above: 33, below: 34 } }, /condition that column "size" can meet, .* in steps of 1, got/],
    [{ size: null }, /expected a value of column "size", which has no missing cell in the training rows/],
  ])("%j is refused", async (given, detail) => {
    const { status, json } = await ask("fruit", "given", { given, count: 1 });
    expect([status, json.detail]).toEqual([400, expect.stringMatching(detail)]);
  });

  test("evidence is the log-density of what is given", async () => {
    const rows = [{ a: 1, b: 0.5 }];
    const joint = (await ask("flow", "score", { rows })).json.logDensity[0];
    const both = await ask("flow", "given", { given: rows[0] as object, count: 1 });
    expect(both.json.logEvidence).toBeCloseTo(joint, 3);
    const one = await ask("flow", "given", { given: { a: 1 }, count: 200 });
    const marginal = await ask("flow", "score", { rows: [{ a: 1, b: null }], marginal: true });
    expect(Math.abs(one.json.logEvidence - marginal.json.logDensity[0])).toBeLessThan(0.3);
    expect(one.json.rows.every(({ a }: { a: number }) => a === 1)).toBe(true);
    expect(one.json.effectiveSampleSize).toBeGreaterThanOrEqual(200);
  });

  test("the same seed gives the same rows, in Arrow too", async () => {
    const body = { given: { size: { min: 50 } }, count: 5, seed: 3 };
    const one = await ask("fruit", "given", body);
    expect((await ask("fruit", "given", body)).json).toEqual(one.json);
    expect((await ask("fruit", "given", { ...body, seed: 4 })).json.rows).not.toEqual(one.json.rows);
    const arrow = await ask("fruit", "given", body, { answerType: "arrow" });
    const sizes = readArrow(arrow.body as Uint8Array).columns.find(({ name }) => name === "size")?.values ?? [];
    expect(Array.from(sizes, Number)).toEqual(one.json.rows.map(({ size }: { size: number }) => size));
  });

  test.each<[string, unknown, RegExp]>([
    [
      "fruit",
      { size: { min: 5, max: 1 } },
      /expected a non-empty range of column "size", got at least 5 and at most 1/,
    ],
    ["fruit", { fruit: { in: [] } }, /expected values for column "fruit", got an empty set/],
    ["fruit", { fruit: { in: 3 } }, /column "fruit": expected a list for "in"/],
    ["fruit", { fruit: { min: "a" } }, /column "fruit": expected a number for "min"/],
    ["fruit", { size: { from: 1 } }, /column "size": expected a value, null, {"in": \[...\]} or a range/],
    ["fruit", { size: { in: [1], min: 2 } }, /column "size": expected a value, null/],
    ["fruit", { size: [1] }, /column "size": expected a value, null/],
    ["fruit", { size: { min: { a: 1 } } }, /column "size": expected a number, a text, true, false or null/],
    ["fruit", [], /expected an object of conditions by column/],
    ["fruit", undefined, /expected an object of conditions by column/],
    ["fruit", { when: "2021-03-05" }, /column "when": expected a date \(%d\.%m\.%Y\), got "2021-03-05"/],
    ["fruit", { size: "big" }, /column "size": expected a number, got "big"/],
    ["flow", { c: 1 }, /expected one of the columns/],
    ["given", { y: 1 }, /expected a model of all columns, got one that is conditional on x, group/],
  ])("%s %j is refused", async (name, given, detail) => {
    const { status, json } = await ask(name, "given", { given });
    expect([status, json.detail]).toEqual([400, expect.stringMatching(detail)]);
  });
});

describe("explain", () => {
  test("the oddest rows come first, with the cells that make them odd", async () => {
    const rows = [pear, { ...pear, price: "$400.00" }, { ...pear, size: 40, price: null }];
    const { json } = await ask("fruit", "explain", { rows });
    expect([json.rows, json.top.length]).toEqual([3, 3]);
    const anomalies = json.top.map(({ anomaly }: { anomaly: number }) => anomaly);
    expect(anomalies).toEqual([...anomalies].sort((a, b) => b - a));
    const byRow = new Map<number, { reasons: unknown; pValue: number }>(
      json.top.map((one: { row: number }) => [one.row, one]),
    );
    expect(byRow.get(1)).toMatchObject({ reasons: [] });
    expect(byRow.get(2)?.reasons).toEqual(expect.arrayContaining([{ column: "price", cell: "$400.00" }]));
    // Training rows have missing prices: a missing price is unknown.
    expect(byRow.get(3)?.reasons).toEqual(expect.arrayContaining([{ column: "size", cell: "40" }]));
    expect(byRow.get(3)?.reasons).not.toEqual(expect.arrayContaining([{ column: "price", cell: "" }]));
    expect(byRow.get(1)?.pValue).toBeGreaterThan(byRow.get(2)?.pValue as number);
    expect(Object.keys(json.surprises)).toEqual(["fruit", "size", "when", "price"]);
    // The oddness is that of score.
    const scored = await ask("fruit", "score", { rows, anomaly: true });
    expect(scored.json.anomaly[1]).toBeCloseTo((byRow.get(2) as unknown as { anomaly: number }).anomaly, 6);
  });

  test("columns that the model does not know are refused or ignored", async () => {
    const rows = [{ ...pear, id: 3 }];
    const { status, json } = await ask("fruit", "explain", { rows });
    expect([status, json.detail]).toEqual([400, expect.stringMatching(/row 1: expected the columns .*, got "id"/)]);
    const ignored = await ask("fruit", "explain", { rows, others: "ignore" });
    expect(ignored.json).toEqual((await ask("fruit", "explain", { rows: [pear] })).json);
  });

  test.each<[string, string, object, RegExp]>([
    [
      "a lacking column",
      "fruit",
      { rows: [{ fruit: "pear", size: 60, when: "03.03.2021" }] },
      /expected a column "price"/,
    ],
    ["no top", "fruit", { rows: [pear], top: 0 }, /top: expected an integer from 1 to 1000, got 0/],
    ["another word", "fruit", { rows: [pear], others: "keep" }, /others: expected one of refuse, ignore, got "keep"/],
    [
      "another option",
      "fruit",
      { rows: [pear], count: 1 },
      /expected the fields rows, columns, top, others, got "count"/,
    ],
    [
      "a model without a score",
      "flow",
      { rows: [{ a: 1, b: 1 }] },
      /expected a model with anomaly scores, got one without/,
    ],
  ])("%s is refused", async (_, name, body, detail) => {
    const { status, json } = await ask(name, "explain", body);
    expect([status, json.detail]).toEqual([400, expect.stringMatching(detail)]);
  });
});

describe("requests that are computed together", () => {
  const odd = { ...pear, price: "$400.00" };
  const small = { ...pear, size: 40, price: null };

  test.each<[OperationName, readonly object[]]>([
    [
      "score",
      [
        { rows: [pear, odd], anomaly: true },
        { rows: [small] },
        { rows: [pear], price: 1 },
        { rows: [odd], cells: true, anomaly: true },
        { rows: [{ ...small, price: null }], marginal: true, anomaly: true },
        { rows: [pear], cells: true },
      ],
    ],
    [
      "explain",
      [
        { rows: [odd, pear] },
        { rows: [{ ...pear, size: "big" }] },
        { rows: [small, odd, pear], top: 2 },
        { rows: [pear] },
      ],
    ],
  ])("%s: each gets the answer that it gets alone", async (operation, bodies) => {
    const requests = bodies.map(
      (body): WorkerRequest => ({
        ...{ operation, body: new TextEncoder().encode(JSON.stringify(body)), query: {} },
        ...{ bodyType: "json", answerType: "json" },
      }),
    );
    const together = await answerBatch(models["fruit"] as AnsweringModel, requests, settings);
    const near = (value: unknown): unknown => {
      if (typeof value === "number") return expect.closeTo(value, 5);
      if (Array.isArray(value)) return value.map(near);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, near(own)]));
    };
    for (const [i, body] of bodies.entries()) {
      const alone = await ask("fruit", operation, body);
      expect([i, together[i]?.status]).toEqual([i, alone.status]);
      expect(JSON.parse(together[i]?.body as string)).toEqual(near(alone.json));
    }
    expect(together.map((response) => response?.status)).toContain(400);
  });
});

describe("probability", () => {
  test("of a flow, of a model of any table, and of a conditional model given its context", async () => {
    for (const [name, body] of [
      ["flow", { of: { a: { above: 1 } }, given: { b: { below: 2 } } }],
      ["fruit", { of: { size: { min: 50 } }, given: { fruit: "pear", when: { min: "02.03.2021" } } }],
      ["given", { of: { y: { above: 0 } }, given: { x: 1, group: "low" } }],
    ] as const) {
      const { status, json } = await ask(name, "probability", { ...body, draws: 300 });
      expect([name, status, json.warning]).toEqual([name, 200, null]);
      expect(json.probability).toBeGreaterThan(0);
      expect(json.probability).toBeLessThan(1);
      expect(json.standardError).toBeLessThan(0.04);
      expect(json.effectiveSampleSize).toBeGreaterThan(150);
      expect((await ask(name, "probability", { ...body, draws: 300 })).json).toEqual(json);
    }
  });

  test.each<[string, object, RegExp]>([
    ["fruit", {}, /of: expected an object of conditions by column/],
    ["fruit", { of: 3 }, /of: expected an object of conditions by column/],
    ["fruit", { of: {} }, /of: expected conditions, got none/],
    [
      "fruit",
      { of: { size: { above: "x" } } },
      /of, column "size": expected a number|column "size": expected a number/,
    ],
    ["fruit", { of: { size: 40 }, given: { fruit: "kiwi" } }, /given: expected a category of column "fruit"/],
    ["fruit", { of: { size: 40 }, draws: 99 }, /draws: expected an integer from 100 to 100000, got 99/],
    ["fruit", { of: { size: 40 }, count: 1 }, /expected the fields of, given, draws, seed, got "count"/],
    ["given", { of: { y: 0 }, given: { x: 1 } }, /given with a value for each context column \(x, group\)/],
  ])("%s: %j is refused", async (name, body, detail) => {
    const { status, json } = await ask(name, "probability", body);
    expect([status, json.detail]).toEqual([400, expect.stringMatching(detail)]);
  });
});

describe("impute", () => {
  test("only the columns that are asked for are filled, and the rest stays as it is", async () => {
    const rows = [
      { fruit: null, size: 60, price: "$65.00" },
      { fruit: "apple", size: null },
    ];
    const { json } = await ask("fruit", "impute", { rows, only: ["size"] });
    expect(json.rows).toMatchObject([
      { fruit: null, size: 60, price: 65, when: null },
      { fruit: "apple", size: expect.any(Number), price: null, when: null },
    ]);
    expect(json.cells).toMatchObject([{ row: 2, column: "size" }]);
    expect((await ask("fruit", "impute", { rows }, { query: { only: "size" } })).json).toEqual(json);
  });

  test("means and intervals are what their columns are", async () => {
    const { json } = await ask("fruit", "impute", {
      rows: [{ fruit: null, size: 60 }, pear],
      ...{ expected: true, intervals: 0.9 },
    });
    const [filled, whole] = json.rows;
    expect(filled.fruit).toBe("pear");
    for (const name of ["when", "low of when", "high of when"]) expect(filled[name]).toMatch(/^\d\d\.03\.2021$/);
    const cell = json.cells.find(({ column }: { column: string }) => column === "price");
    const ends = cell.interval.map((end: number) => Number(end.toFixed(2)));
    expect([filled["low of price"], filled["high of price"]]).toEqual(ends);
    // Each price is the size plus 5.
    expect(ends).toEqual([65, 65]);
    expect(Math.abs(filled.price - 65)).toBeLessThan(0.5);
    expect([filled["low of when"] < filled.when, filled.when < filled["high of when"]]).toEqual([true, true]);
    expect(whole).toMatchObject({ "low of price": null, "high of when": null });
  });

  test("several tables have different draws of the same cells, below each other", async () => {
    const body = { rows: [{ fruit: "pear" }], multiple: 3, seed: 2 };
    const { json } = await ask("fruit", "impute", body);
    expect(json.rows.map(({ imputation }: { imputation: number }) => imputation)).toEqual([1, 2, 3]);
    expect(new Set(json.rows.map((row: object) => JSON.stringify({ ...row, imputation: 0 }))).size).toBeGreaterThan(1);
    expect((await ask("fruit", "impute", body)).json).toEqual(json);
    expect((await ask("fruit", "impute", { ...body, seed: 3 })).json.rows).not.toEqual(json.rows);
  });

  test("a flow fills its numbers, near the mean of the column given the rest", async () => {
    const rows = [{ a: 1, b: null }];
    const filled = await ask("flow", "impute", { rows, expected: true, draws: 2000 });
    const given = await ask("flow", "given", { given: { a: 1 }, count: 1000 });
    expect(Math.abs(filled.json.rows[0].b - given.json.columns.b.mean)).toBeLessThan(0.2);
    expect(filled.json.cells[0]).toMatchObject({ row: 1, column: "b", value: filled.json.rows[0].b });
  });

  const one = [{ fruit: "pear" }];
  test.each<[string, object, RegExp]>([
    ["fruit", { rows: one, multiple: 3, expected: true }, /multiple: expected draws, got expected/],
    ["fruit", { rows: one, intervals: 0.5 }, /intervals: expected expected, got draws/],
    ["fruit", { rows: one, expected: true, intervals: 2 }, /intervals: expected a number between 0 and 1, got 2/],
    ["fruit", { rows: Array(400).fill(one[0]), multiple: 3 }, /expected at most 1000 rows in all, got 1200/],
    ["fruit", { rows: one, draws: 5 }, /draws: expected an integer from 10 to 100000, got 5/],
    ["fruit", { rows: one, only: ["colour"] }, /expected columns of the model, fruit, size, when, price, got colour/],
    ["fruit", { rows: one, only: "size" }, /only: expected a list of names, got "size"/],
    ["fruit", { rows: one, expected: "yes" }, /expected: expected true or false, got "yes"/],
    ["flow", { rows: [{ a: 1, b: "x" }] }, /row 1, column "b": expected a number, got "x"/],
    ["given", { rows: [{ y: null, x: 1, group: "low" }] }, /conditional on x, group/],
  ])("%s: %j is refused", async (name, body, detail) => {
    const { status, json } = await ask(name, "impute", body);
    expect([status, json.detail]).toEqual([400, expect.stringMatching(detail)]);
  });
});

describe("score", () => {
  test("counts cells that no training row could have, and refuses infinite ones", async () => {
    const rows = [pear, { ...pear, size: 60.5 }, { ...pear, size: null }, { ...pear, fruit: "kiwi" }];
    const { json } = await ask("fruit", "score", { rows });
    expect(json.unseen).toEqual({ offGrid: { size: 1 }, missing: { size: 1 }, categories: { fruit: 1 } });
    expect(json.logDensity[1]).toBeLessThan(json.logDensity[0] - 5);
    expect((await ask("fruit", "score", { rows: [pear] })).json).not.toHaveProperty("unseen");
    const infinite = await ask("fruit", "score", {
      rows: [pear, { ...pear, size: "Infinity" }].map((row) => ({ ...row, size: String(row.size) })),
    });
    expect([infinite.status, infinite.json.detail]).toEqual([
      400,
      expect.stringMatching(/row 2, column "size": expected a finite number/),
    ]);
  });
});
