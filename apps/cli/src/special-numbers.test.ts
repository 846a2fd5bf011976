import { writeFileSync } from "node:fs";
import { createTable, writeNpy } from "@pushforward/datasets";
import { writeTable } from "@pushforward/files";
import sqlite from "node-sqlite3-wasm";
import { ndArray } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochs, normalRows, Workbench } from "./command.test-support.ts";

const bench = new Workbench();
const FIT = ["--flow", "table", "--epochs", epochs(8), "--hidden", "8", "--members", "1", "--validation", "0.2"];
const ROWS = normalRows(120, 2).map(([a = 0, b = 0]) => [a.toFixed(2), b.toFixed(2)]);
const [FIRST, SECOND] = [
  [0.5, 1],
  [-0.25, 0.5],
] as const;

beforeAll(async () => {
  bench.write("data.csv", ["column1,column2", ...ROWS.map((row) => row.join(","))]);
  await bench.fit(["data.csv", "--out", "model.st", ...FIT]);
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
        ["fit", file, "--out", "other.st", ...FIT],
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
  await bench.fit(["marked.csv", "--out", "marked.st", "--na=-inf", ...FIT]);
  const { stdout } = await bench.run(["sample", "marked.st", "-n", "100"]);
  expect(stdout).not.toMatch(/inf/i);
  expect(stdout).toMatch(/,$/m);
});

describe("a marker that is a number", () => {
  test("stands for all ways to write it, in every format and later files", async () => {
    const lines = ROWS.map(([a, b], i) => `${a},${["-99", "-99.0", '"-99.00"', "-9.9e1", b, b][i % 6]}`);
    bench.write("coded.csv", ["column1,column2", ...lines]);
    const facts = await bench.fit(["coded.csv", "--out", "coded.st", "--na=-99", ...FIT]);
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
    await bench.fit(["codes.csv", "--out", "codes.st", "--na", "7", ...FIT]);
    const { stdout } = await bench.run(["sample", "codes.st", "-n", "60"]);
    expect(stdout).toMatch(/^007,/m);
  });
});
