import { readFileSync, writeFileSync } from "node:fs";
import { createTable, writeNpy } from "@pushforward/datasets/extend";
import { writeTable } from "@pushforward/files";
import { type AskedModel, askedModel, givenRows } from "@pushforward/questions/extend";
import sqlite from "node-sqlite3-wasm";
import { createKey, ndArray } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochs, normalRows, Workbench } from "./command.test-support.ts";
import { conditionsOf, parseConditions } from "./questions/conditions.ts";
import { loadTableModel } from "./reading/load-table-model.ts";

const bench = new Workbench();
const FIT = ["--flow", "table", "--epochs", epochs(8), "--hidden", "8", "--members", "1", "--validation", "0.2"];
const PLAIN = [...FIT, "--no-anomalies"];
const ROWS = normalRows(120, 2).map(([a = 0, b = 0]) => [a.toFixed(2), b.toFixed(2)]);
const [FIRST, SECOND] = [
  [0.5, 1],
  [-0.25, 0.5],
] as const;

beforeAll(async () => {
  bench.write("data.csv", ["column1,column2", ...ROWS.map((row) => row.join(","))]);
  await bench.fit(["data.csv", "--out", "model.st", ...PLAIN]);
  await bench.fit([
    "data.csv",
    "--out",
    "flow.st",
    "--flow",
    "maf",
    "--epochs",
    "1",
    "--hidden",
    "8",
    "--no-anomalies",
  ]);
});
afterAll(() => bench.remove());

/** Writes two rows to a file of each format, with an infinite number in the second. */
const FILES: Readonly<Record<string, (path: string, infinite: number) => unknown>> = {
  "x.csv": (path, x) => writeFileSync(path, `column1,column2\n0.5,1\n-0.25,${x}\n`),
  "word.csv": (path, x) => writeFileSync(path, `column1,column2\n0.5,1\n-0.25,${x < 0 ? "-inf" : "inf"}\n`),
  "large.csv": (path, x) => writeFileSync(path, `column1,column2\n0.5,1\n-0.25,${x < 0 ? "-" : ""}1e400\n`),
  "x.jsonl": (path, x) =>
    writeFileSync(path, `{"column1":0.5,"column2":1}\n{"column1":-0.25,"column2":${x < 0 ? "-" : ""}1e400}\n`),
  "x.parquet": (path, x) => writeTable(path, infiniteTable(x)),
  "x.arrow": (path, x) => writeTable(path, infiniteTable(x)),
  "x.npy": (path, x) => writeFileSync(path, writeNpy(ndArray([2, 2], Float64Array.of(...FIRST, SECOND[0], x)))),
  "x.sqlite": (path, x) => {
    const database = new sqlite.Database(path);
    database.exec(
      `CREATE TABLE t (column1 REAL, column2 REAL); INSERT INTO t VALUES (0.5, 1), (-0.25, ${x < 0 ? "-" : ""}9e999)`,
    );
    database.close();
  },
};

function infiniteTable(x: number) {
  return createTable([
    { name: "column1", kind: "number", values: Float64Array.of(FIRST[0], SECOND[0]) },
    { name: "column2", kind: "number", values: Float64Array.of(FIRST[1], x) },
  ]);
}

describe.each(Object.keys(FILES))("an infinite number in %s", (name) => {
  test.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "%d is refused with its place, unless it is declared",
    async (x) => {
      const file = `${x < 0 ? "low" : "high"}-${name}`;
      await FILES[name]?.(bench.path(file), x);
      const place = /row 2, column "column2": expected a finite number, got "?-?(inf|Infinity|1e400)"?\. .*--na/;
      for (const command of [
        ["score", "model.st", file],
        ["score", "model.st", file, "--marginal"],
        ["score", "flow.st", file],
        ["impute", "model.st", file, "--out", "out.csv"],
        ["sample", "model.st", "-n", "1", "--given", file],
        ["fit", file, "--out", "other.st", ...PLAIN],
      ]) {
        const outcome = await bench.run(command);
        expect(outcome, command.join(" ")).toMatchObject({ code: 1, stderr: expect.stringMatching(place) });
      }
      const { code, stdout } = await bench.run(["score", "model.st", file, `--na=${x < 0 ? "-inf" : "inf"}`]);
      expect(code).toBe(0);
      expect(stdout.trim().split("\n")).toHaveLength(2);
    },
  );
});

test("new rows have no infinite marker in place of a missing cell", async () => {
  const lines = ROWS.map(([a, b], i) => `${a},${i % 3 === 0 ? "-inf" : b}`);
  bench.write("marked.csv", ["column1,column2", ...lines]);
  await bench.fit(["marked.csv", "--out", "marked.st", "--na=-inf", ...PLAIN]);
  const { stdout } = await bench.run(["sample", "marked.st", "-n", "100"]);
  expect(stdout).not.toMatch(/inf/i);
  expect(stdout).toMatch(/,$/m);
});

describe("a marker that is a number", () => {
  test("stands for all ways to write it, in every format and later files", async () => {
    const lines = ROWS.map(([a, b], i) => `${a},${["-99", "-99.0", '"-99.00"', "-9.9e1", b, b][i % 6]}`);
    bench.write("coded.csv", ["column1,column2", ...lines]);
    const facts = await bench.fit(["coded.csv", "--out", "coded.st", "--na=-99", ...PLAIN]);
    expect(JSON.stringify(facts)).not.toMatch(/-99/);
    const sampled = await bench.run(["sample", "coded.st", "-n", "50"]);
    // New rows have the commonest marker in place of missing cells, and no number near it.
    expect(sampled.stdout).toMatch(/,-99$/m);
    expect(sampled.stdout).not.toMatch(/,-9[0-8]|,-99\.|,-\d\d\d/m);
    bench.write("text.csv", ["column1,column2", "0.5,-99.000"]);
    await writeTable(
      bench.path("number.parquet"),
      createTable([
        { name: "column1", kind: "number", values: Float64Array.of(0.5) },
        { name: "column2", kind: "number", values: Float64Array.of(-99) },
      ]),
    );
    bench.write("empty.csv", ["column1,column2", "0.5,"]);
    const score = async (...args: string[]) => (await bench.run(["score", "coded.st", ...args])).stdout;
    const expected = await score("empty.csv");
    expect(Number.isFinite(Number(expected))).toBe(true);
    for (const file of ["text.csv", "number.parquet"]) {
      expect(await score(file, "--na=-99")).toBe(expected);
    }
  });

  test("leaves codes with zeros before them as they are", async () => {
    bench.write("codes.csv", ["code,x", ...ROWS.map(([a], i) => `${["007", "012", "105"][i % 3]},${a}`)]);
    await bench.fit(["codes.csv", "--out", "codes.st", "--na", "7", ...PLAIN]);
    const { stdout } = await bench.run(["sample", "codes.st", "-n", "60"]);
    expect(stdout).toMatch(/^007,/m);
  });
});

describe("cells that no training row could have", () => {
  let people: Promise<AskedModel> | undefined;
  const z = normalRows(160, 1).map(([x = 0]) => x);

  beforeAll(async () => {
    const lines = z.map(
      (x, i) => `${i % 3 === 0 ? "north" : "south"},${Math.round(45 + 10 * x)},${(3 * x).toFixed(2)}`,
    );
    bench.write("people.csv", ["place,age,x", ...lines]);
    await bench.fit(["people.csv", "--out", "people.st", ...FIT]);
    await bench.fit(["people.csv", "--out", "given.st", "--context", "place", ...PLAIN]);
  });

  test("are counted by their reasons, printed, and named by --top", async () => {
    bench.write("odd.csv", [
      "place,age,x",
      "north,45,0.10",
      "east,44,0.10",
      ",46,0.20",
      "south,,0.30",
      "south,45.5,0.1",
    ]);
    const { code, stdout, stderr } = await bench.run(["score", "people.st", "odd.csv"]);
    expect(code).toBe(0);
    expect(stderr).toContain('1 cell has a category that no training row had (1 in "place")');
    expect(stderr).toContain(
      '2 cells are missing in columns without missing cells in the training rows (1 in "place", 1 in "age")',
    );
    expect(stderr).toContain('1 cell holds a number off the grid of its column (1 in "age")');
    const scores = stdout.trim().split("\n").map(Number);
    expect(scores.every(Number.isFinite)).toBe(true);
    // All numbers off the grid together have a probability of 1/16 of one row.
    expect(scores[4]).toBeLessThan((scores[0] as number) - 5);
    const json = JSON.parse((await bench.run(["score", "people.st", "odd.csv", "--json", "--top", "4"])).stdout);
    expect(json.unseen).toEqual({ categories: { place: 1 }, missing: { place: 1, age: 1 }, offGrid: { age: 1 } });
    const reasons = new Map(
      json.top.map((row: { row: number; reasons: { column: string }[] }) => [
        row.row,
        row.reasons.map(({ column }) => column),
      ]),
    );
    expect([...reasons.keys()].sort()).toEqual([2, 3, 4, 5]);
    expect(reasons.get(2)).toContain("place");
    expect(reasons.get(3)).toContain("place");
    expect(reasons.get(4)).toContain("age");
    expect(reasons.get(5)).toContain("age");
    const marginal = await bench.run(["score", "people.st", "odd.csv", "--marginal"]);
    expect(marginal.stderr).not.toContain("missing in columns");
    expect(marginal.stderr).toContain("off the grid");
  });

  test.each([
    ["age=45.5", 'expected a number that column "age" can have (the nearest is 46), got 45.5.'],
    ["age=30,age=40", "got two of the same kind"],
    ["place=north,place=south", "got two of the same kind"],
    ["age>30,age>=40", "got two of the same kind"],
    ["age=30,age<40", "got two of the same kind"],
    ["place>north", "expected = after the column place, which is text, got >."],
    ["age=inf", 'column "age": expected a finite number, got "inf".'],
    ["age=1e999", 'column "age": expected a finite number, got "1e999".'],
    ["age=NaN", "expected a value of the column age, or no value after = for a missing cell, got NaN."],
    ["age<nan", "expected a value of the column age"],
    ["age=", 'expected a value of column "age", which has no missing cell in the training rows, got a missing one.'],
    ['place=""', 'expected a value of column "place", which has no missing cell in the training rows'],
    ["", "--given: expected conditions such as age=30, got none."],
    [" , ", "--given: expected conditions such as age=30, got none."],
    ["age>45,age<46", 'expected a condition that column "age" can meet, with numbers from'],
    ["age>45,age<45", 'expected a non-empty range of column "age", got'],
  ])("as a condition %j are refused", async (given, message) => {
    people ??= askedModel(await loadTableModel(bench.path("people.st")), "people.st", 0);
    const asked = await people;
    const ask = () =>
      givenRows(asked, conditionsOf(parseConditions(given, asked.model.names), asked.model), createKey(0), 2);
    expect(ask).toThrow(message);
  });

  test("as conditions end the program with their error", async () => {
    for (const [given, code] of [
      ["", 2],
      ["age=45.5", 1],
    ] as const) {
      const outcome = await bench.run(["sample", "people.st", "-n", "2", "--given", given]);
      expect(outcome).toMatchObject({
        code,
        stdout: "",
        stderr: expect.stringMatching(/^error: .*expected .* got .*\n$/),
      });
    }
  });

  test.each([
    ["age=45.5", "expected a value that the column age can have, got 45.5."],
    ["age!=NaN", "expected a value that the column age can have, got NaN."],
    ["place!=est", "expected a value that the column place can have, got est."],
    ["age<inf", 'column "age": expected a finite number, got "inf".'],
    ["", "--where: expected conditions such as temp_min<=temp_max, got none."],
  ])("in --where %j are refused", async (where, message) => {
    const { code, stderr } = await bench.run(["sample", "people.st", "-n", "2", "--where", where]);
    expect(stderr.includes(message) ? message : stderr).toBe(message);
    expect(code).not.toBe(0);
  });

  test("are told of a file of contexts", async () => {
    bench.write("contexts.csv", ["place", "north", "east"]);
    const outcome = await bench.run(["sample", "given.st", "-n", "2", "--context", "contexts.csv"]);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toBe(
      '1 cell of context columns holds what no training row had (1 in "place"): the model reads the most frequent category or the nearest number instead.\n',
    );
  });

  test("are counted in context columns", async () => {
    bench.write("east.csv", ["place,age,x", "east,45,0.5"]);
    const { stderr, stdout } = await bench.run(["score", "given.st", "east.csv", "--json"]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).unseen).toEqual({ context: { place: 1 } });
  });

  test("do not stop what is asked about the other cells of their row", async () => {
    bench.write("holes.csv", ["place,age,x", "north,45.5,", "east,,0.2", ",45,0.1"]);
    const { code } = await bench.run([
      "impute",
      "people.st",
      "holes.csv",
      "--out",
      "filled.csv",
      "--force",
      "--expected",
    ]);
    expect(code).toBe(0);
    const [, first, second, third] = readFileSync(bench.path("filled.csv"), "utf8").trim().split("\n");
    expect(first).toMatch(/^north,45\.5,-?\d+\.\d+$/);
    expect(second).toMatch(/^east,\d+,0\.2/);
    expect(third).toMatch(/^(north|south),45,0\.1/);
  });
});
