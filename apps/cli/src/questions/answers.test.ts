import { readFileSync } from "node:fs";
import { createKey, parseCsv } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { epochs, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
const ROWS = 240;
const TABLE = ["--flow", "table", "--epochs", epochs(40), "--hidden", "16", "--members", "1", "--validation", "0.2"];

const rows = (file: string) => parseCsv(readFileSync(bench.path(file), "utf8"), { kinds: "text", missing: "keep" });
const column = (file: string, name: string): readonly string[] =>
  (rows(file).columns.find((one) => one.name === name)?.values as readonly string[]) ?? [];

beforeAll(async () => {
  // The kind decides the size, and the size the cost.
  const z = createKey(3).normal(2 * ROWS);
  const things = Array.from({ length: ROWS }, (_, i) => {
    const [kind, center] = i % 2 === 0 ? ["large", 60] : ["small", 20];
    const size = (center as number) + 2 * (z[2 * i] as number);
    return `${kind},${size.toFixed(2)},${(2 * size + (z[2 * i + 1] as number)).toFixed(1)}`;
  });
  bench.write("things.csv", ["kind,size,cost", ...things]);
  bench.write("gaps.csv", ["name,kind,size,cost", "first,small,,40.1", "second,,61.00,", "third,large,60.5,121"]);
  // The second row has the kind of one half of the rows and the numbers of the other half.
  bench.write("odd.csv", ["kind,size,cost", "small,20.1,40.2", "small,60.3,120.6", "large,60.3,120.6"]);
  await bench.fit(["things.csv", "--out", "things.st", ...TABLE]);
  await bench.fit(["things.csv", "--out", "given.st", "--context", "kind", "--no-anomalies", ...TABLE]);
});
afterAll(() => bench.remove());

describe("conditions", () => {
  test.runIf(DEEP)("on several columns, and two on one column, hold for each row", async () => {
    const given = "kind=small,size>=18,size<20";
    const outcome = await bench.run(["sample", "things.st", "-n", "30", "--given", given, "--out", "narrow.csv"]);
    expect(outcome.code).toBe(0);
    expect(new Set(column("narrow.csv", "kind"))).toEqual(new Set(["small"]));
    const sizes = column("narrow.csv", "size").map(Number);
    expect(sizes).toHaveLength(30);
    expect(sizes.every((size) => size >= 18 && size < 20)).toBe(true);
  });

  test.runIf(DEEP)(
    "of a file move the columns that depend on them, and the same seed draws the same rows",
    async () => {
      bench.write("asked.csv", ["kind", "small", "large"]);
      const draw = (out: string) =>
        bench.run(["sample", "things.st", "-n", "60", "--given", "asked.csv", "--seed", "1", "--out", out]);
      for (const { code } of [await draw("drawn.csv"), await draw("again.csv")]) expect(code).toBe(0);
      expect(readFileSync(bench.path("again.csv"), "utf8")).toBe(readFileSync(bench.path("drawn.csv"), "utf8"));
      const costs = column("drawn.csv", "cost").map(Number);
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);
      // Costs are about 40 and 120.
      expect(mean(costs.slice(0, 60))).toBeLessThan(80);
      expect(mean(costs.slice(60))).toBeGreaterThan(80);
    },
  );

  test.runIf(DEEP)("that hardly any row of the model meets are met by all rows", async () => {
    const { code, stdout } = await bench.run(["sample", "things.st", "-n", "3", "--given", "size>50,kind=small"]);
    expect(code).toBe(0);
    const drawn = stdout.trim().split("\n").slice(1);
    expect(drawn).toHaveLength(3);
    for (const line of drawn) {
      const [kind, size] = line.split(",");
      expect([kind, Number(size) > 50]).toEqual(["small", true]);
    }
  });

  test.each([
    ["size>50,size<30", 'given: expected a non-empty range of column "size", got above 50 and below 30.'],
    [
      "kind=huge",
      'given: expected a category of column "kind", got "huge", which no training row had. Known are "large", "small".',
    ],
    [
      "kind=smal",
      'given: expected a category of column "kind", got "smal", which no training row had. Did you mean "small"?',
    ],
  ])("%s cannot be met, which is said in one sentence", async (given, message) => {
    const outcome = await bench.run(["sample", "things.st", "-n", "3", "--given", given]);
    expect(outcome).toEqual({ code: 1, stdout: "", stderr: `error: ${message}\n` });
  });
});

test("conditions of two options are refused, since one would be lost", async () => {
  const { code, stderr } = await bench.run([
    "sample",
    "things.st",
    "-n",
    "3",
    "--given",
    "size=20",
    "--given",
    "size=60",
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain('expected the option once, got "size=20" before. Join them with commas.');
});

test("a column that does not exist is refused, with the closest one", async () => {
  const { code, stderr } = await bench.run(["sample", "things.st", "-n", "3", "--given", "sise>=3"]);
  expect(code).toBe(2);
  expect(stderr).toContain('on the columns kind, size, cost, got sise>=3. Did you mean "size"?');
});

describe("impute", () => {
  const impute = (file: string, out: string, ...more: string[]) =>
    bench.run(["impute", "things.st", file, "--out", out, "--force", ...more]);

  test("fills what the other cells of a row imply", async () => {
    const { code, stderr } = await impute("gaps.csv", "filled.csv", "--expected", "--draws", DEEP ? "1000" : "200");
    expect(code).toBe(0);
    expect(stderr).toBe("3 missing cells of 2 rows filled\nfilled: filled.csv\n");
    expect(column("filled.csv", "name")).toEqual(["first", "second", "third"]);
    expect(column("filled.csv", "kind")).toEqual(["small", "large", "large"]);
    expect(Number(column("filled.csv", "size")[0])).toBeLessThan(40);
    expect(Number(column("filled.csv", "cost")[1])).toBeGreaterThan(80);
    // Numbers have the decimals of the file.
    expect(column("filled.csv", "size")[0]).toMatch(/^\d+\.\d\d$/);
    expect(column("filled.csv", "cost")[1]).toMatch(/^\d+\.\d$/);
  });

  test.runIf(DEEP)("draws cells, which depend on the seed", async () => {
    for (const seed of ["1", "2"]) await impute("gaps.csv", `${seed}.csv`, "--seed", seed);
    expect(column("2.csv", "size")[0]).not.toBe(column("1.csv", "size")[0]);
  });

  test.runIf(DEEP)("leaves a table without gaps as it is", async () => {
    const { code, stderr } = await impute("things.csv", "whole.csv");
    expect([code, stderr]).toEqual([0, "0 missing cells of 0 rows filled\nfilled: whole.csv\n"]);
    expect(readFileSync(bench.path("whole.csv"), "utf8")).toBe(readFileSync(bench.path("things.csv"), "utf8"));
  });

  test("takes a category that no training row had as unknown, and says so", async () => {
    bench.write("new.csv", ["kind,size,cost", "huge,,3"]);
    const { code, stderr } = await impute("new.csv", "known.csv", "--draws", "100");
    expect(code).toBe(0);
    expect(stderr).toContain('1 cell has a category that no training row had (1 in "kind")');
    // Missing cells are what is asked for.
    expect(stderr).not.toContain("missing in columns");
    expect(column("known.csv", "kind")).toEqual(["huge"]);
    expect(Number.isFinite(Number(column("known.csv", "size")[0]))).toBe(true);
  });

  test("of a column that does not exist is refused, with the closest one", async () => {
    const { code, stderr } = await impute("gaps.csv", "no.csv", "--columns", "kind,costs");
    expect([code, stderr]).toEqual([
      1,
      'error: things.st: expected --columns of the model, kind, size, cost, got costs. Did you mean "cost"?\n',
    ]);
  });

  test("needs the columns of the model, and a model of all columns", async () => {
    bench.write("less.csv", ["kind,size", "small,20"]);
    expect(await impute("less.csv", "no.csv")).toMatchObject({
      code: 1,
      stderr: 'error: less.csv: expected a column "cost", got the columns "kind", "size".\n',
    });
    const conditional = await bench.run(["impute", "given.st", "gaps.csv", "--out", "no.csv"]);
    expect(conditional).toMatchObject({
      code: 1,
      stderr:
        "error: given.st: expected a model of all columns, got one that is conditional on kind: fit one without --context.\n",
    });
  });
});

describe("score --explain", () => {
  test("gives the row whose cells contradict each other the highest anomaly and the lowest p-value", async () => {
    const flags = ["--out", "judged.csv", "--explain", "--p-value"];
    expect((await bench.run(["score", "things.st", "odd.csv", ...flags])).code).toBe(0);
    const numbers = (name: string) => column("judged.csv", name).map(Number) as [number, number, number];
    const [usual, odd, alsoUsual] = numbers("anomaly");
    expect(odd).toBeGreaterThan(Math.max(usual, alsoUsual));
    const values = numbers("p_value");
    expect(values.every((p) => p > 0 && p <= 1)).toBe(true);
    expect(values[1]).toBeLessThan(Math.min(values[0], values[2]));
    const surprise = numbers("surprise of kind");
    expect(surprise[1]).toBeGreaterThan(Math.max(surprise[0], surprise[2]));
  });

  test("--top names the cells that contradict each other, and no cells of usual rows", async () => {
    const { stdout } = await bench.run(["score", "things.st", "odd.csv", "--top", "3", "--json"]);
    const { top } = JSON.parse(stdout) as {
      top: { row: number; reasons: { column: string; cell: string }[] }[];
    };
    expect(top[0]?.row).toBe(2);
    expect(top[0]?.reasons).toContainEqual({ column: "kind", cell: "small" });
    expect(top.slice(1).map(({ reasons }) => reasons)).toEqual([[], []]);
  });

  test.each([
    [["--top", "1"], "given.st: expected a model with an anomaly score for --top, got a model without."],
    [["--marginal"], "given.st: expected a model of all columns, got one that is conditional on kind"],
  ])("%j needs a model that can answer", async (flags, message) => {
    const outcome = await bench.run(["score", "given.st", "odd.csv", ...flags]);
    expect(outcome).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(message) });
  });
});
