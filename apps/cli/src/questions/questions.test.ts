import { readFileSync } from "node:fs";
import { createKey, parseCsv } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { epochs, normalRows, SMALL, Workbench } from "../command.test-support.ts";
import { parseConditions } from "./conditions.ts";

const bench = new Workbench();
const ROWS = 240;

/** Groups whose sizes differ, dates, and prices with a currency, some of them missing. */
function lines(): string[] {
  const [z, u] = [createKey(3).normal(ROWS), createKey(4).uniform(ROWS)];
  return Array.from({ length: ROWS }, (_, i) => {
    const group = (u[i] as number) < 0.5 ? "<=50" : ">50";
    const size = Math.round((group === ">50" ? 60 : 40) + 3 * (z[i] as number));
    return `${group},${size},${String(1 + (i % 28)).padStart(2, "0")}.03.2021,${i % 5 === 0 ? "" : `$${size + 5}.00`}`;
  });
}

const csv = (text: string) => parseCsv(text, { kinds: "text", missing: "keep" });
const column = (text: string, name: string): readonly string[] =>
  (csv(text).columns.find((one) => one.name === name)?.values as readonly string[]) ?? [];

const TABLE = ["--epochs", epochs(20), "--hidden", "16", "--members", "1", "--validation", "0.2", "--no-anomalies"];

beforeAll(async () => {
  bench.write("data.csv", ["group,size,when,price", ...lines()]);
  bench.write("numbers.csv", ["a,b", ...normalRows(200, 2).map((row) => row.join(","))]);
  bench.write("holes.csv", ["name,group,size,when,price", "first,,61,,", 'second,<=50,,05.03.2021,"$45.00"']);
  bench.write("asked.csv", ["group,size", ">50,", ",40"]);
  await Promise.all([
    bench.fit(["data.csv", "--out", "data.st", ...TABLE]),
    bench.fit(["numbers.csv", "--out", "numbers.st", ...SMALL]),
    bench.fit(["numbers.csv", "--out", "conditional.st", "--context", "a", ...SMALL]),
  ]);
});
afterAll(() => bench.remove());

test("conditions are columns with operators, in double quotes where they hold commas", () => {
  expect(parseConditions('age>=30, "a, b"="x,y",age<40,agent=', ["age", "agent", "a, b"])).toEqual([
    { column: "age", operator: ">=", value: "30" },
    { column: "a, b", operator: "=", value: "x,y" },
    { column: "age", operator: "<", value: "40" },
    { column: "agent", operator: "=", value: "" },
  ]);
  expect(() => parseConditions("size", ["size"])).toThrow(
    "expected conditions such as age=30 on the columns size, got size.",
  );
});

describe("probability", () => {
  test("is that of the table, of groups, and of what is missing", async () => {
    const asked = async (...args: string[]) =>
      JSON.parse((await bench.run(["probability", "data.st", "--json", "--draws", "1000", ...args])).stdout);
    const share = lines().filter((line) => line.startsWith(">50")).length / ROWS;
    expect(Math.abs((await asked("--of", "group>50")).probability - share)).toBeLessThan(0.1);
    const { probability, standardError } = await asked("--of", "size>50", "--given", "group>50");
    expect([probability > 0.8, standardError < 0.02]).toEqual([true, true]);
    expect(Math.abs((await asked("--of", "price=")).probability - 0.2)).toBeLessThan(0.1);
    expect(await asked("--of", "size>50", "--given", "size=60")).toMatchObject({ probability: 1, isExact: true });
  });

  test("of a conditional model is given its context", async () => {
    const given = (conditions: string) =>
      bench.run(["probability", "conditional.st", "--of", "b>0", "--given", conditions]);
    const { code, stdout } = await given("a=0.5");
    expect([code, Number(stdout) > 0.2, Number(stdout) < 0.8]).toEqual([0, true, true]);
    const ofMore = await given("a=0.5,b>-1");
    expect(ofMore).toMatchObject({ code: 0 });
    expect(Number(ofMore.stdout)).toBeGreaterThan(Number(stdout));
  });

  test.each<[args: string[], code: number, message: string | RegExp]>([
    [["data.st"], 2, /required option '--of <conditions>' not specified/],
    [
      ["data.st", "--of", "colour=red"],
      2,
      /^error: --of: expected conditions such as age=30 on the columns group, size/,
    ],
    [["data.st", "--of", "size>x"], 1, /expected a number/],
    [["data.st", "--of", "group=what"], 1, /^error: of: expected a category of column "group", got "what"/],
    [["data.st", "--of", "size>50", "--given", "size>1000000"], 1, /condition that column "size" can meet/],
    [["data.st", "--of", "size>50", "--draws", "5"], 2, /expected an integer from 100 to 100000/],
    [["conditional.st", "--of", "b>0"], 1, /expected given with a value for each context column \(a\)/],
  ])("%j is refused", async (args, code, message) => {
    const outcome = await bench.run(["probability", ...args]);
    expect([outcome.stderr, outcome.stdout]).toEqual([expect.stringMatching(message), ""]);
    expect(outcome.code).toBe(code);
  });
});

describe("sample --given", () => {
  test("draws rows that meet the conditions, as the file has them", async () => {
    const { code, stdout } = await bench.run(["sample", "data.st", "-n", "50", "--given", "group>50,size>=58,size<62"]);
    expect(code).toBe(0);
    expect(csv(stdout).rows).toBe(50);
    expect(new Set(column(stdout, "group"))).toEqual(new Set([">50"]));
    expect(column(stdout, "size").every((size) => Number(size) >= 58 && Number(size) < 62)).toBe(true);
    expect(column(stdout, "when").every((day) => /^\d\d\.03\.2021$/.test(day))).toBe(true);
    expect(column(stdout, "price").every((price) => price === "" || /^\$\d+\.00$/.test(price))).toBe(true);
  });

  test.runIf(DEEP)("a date, a missing cell, and a file of questions", async () => {
    const [date, missing, file] = await Promise.all([
      bench.run(["sample", "data.st", "-n", "20", "--given", "when=05.03.2021"]),
      bench.run(["sample", "data.st", "-n", "20", "--given", "price="]),
      bench.run(["sample", "data.st", "-n", "10", "--given", "asked.csv", "--out", "answers.csv"]),
    ]);
    expect(new Set(column(date.stdout, "when"))).toEqual(new Set(["05.03.2021"]));
    expect(new Set(column(missing.stdout, "price"))).toEqual(new Set([""]));
    expect(file.stderr).toContain("20 rows: answers.csv");
    const answers = readFileSync(bench.path("answers.csv"), "utf8");
    expect(new Set(column(answers, "group").slice(0, 10))).toEqual(new Set([">50"]));
    expect(new Set(column(answers, "size").slice(10))).toEqual(new Set(["40"]));
  });

  test("asks flows of numbers as well", async () => {
    const { code, stdout } = await bench.run(["sample", "numbers.st", "-n", "30", "--given", "a>1"]);
    expect(code).toBe(0);
    expect(column(stdout, "a").every((a) => Number(a) > 1)).toBe(true);
  });

  test.each([
    [
      ["sample", "data.st", "-n", "3", "--given", "weight=3"],
      2,
      "on the columns group, size, when, price, got weight=3.",
    ],
    [["sample", "data.st", "-n", "3", "--given", "group=none"], 1, 'got "none", which no training row had.'],
    [["sample", "data.st", "-n", "3", "--given", "size=big"], 1, "big"],
    [
      ["sample", "conditional.st", "-n", "3", "--given", "b=1"],
      1,
      "expected a model of all columns, got one that is conditional on a",
    ],
    [
      ["sample", "data.st", "-n", "3", "--given", "size>9000"],
      1,
      'expected a condition that column "size" can meet, with numbers from',
    ],
    // It draws 60,000 rows first.
    ...(DEEP
      ? [[["sample", "numbers.st", "-n", "3", "--given", "a>4000"], 1, "which none of 60000 draws meets"] as const]
      : []),
  ] as const)("%j is refused", async (args, code, message) => {
    const outcome = await bench.run(args);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toBe("");
  });
});

describe("sample --where", () => {
  test("rows that do not meet conditions are drawn anew, and counted", async () => {
    const [rows, other] = await Promise.all([
      bench.run(["sample", "data.st", "-n", "40", "--where", "price>size,when!=05.03.2021,group!="]),
      bench.run(["sample", "data.st", "-n", "40", "--given", "group>50", "--where", "price>size,size>=61"]),
    ]);
    expect(rows.code).toBe(0);
    expect(csv(rows.stdout).rows).toBe(40);
    expect(column(rows.stdout, "when")).not.toContain("05.03.2021");
    // A price that is missing is not above a size.
    expect(column(rows.stdout, "price")).not.toContain("");
    expect(rows.stderr).toMatch(/\d+ for price>size, \d+ for when!=05.03.2021, 0 for group!=/);
    expect(other.code).toBe(0);
    expect(csv(other.stdout).rows).toBe(40);
    expect(new Set(column(other.stdout, "group"))).toEqual(new Set([">50"]));
    const prices = column(other.stdout, "price").map((price) => Number(price.replace("$", "")));
    const sizes = column(other.stdout, "size").map(Number);
    expect(sizes.every((size, i) => size >= 61 && (prices[i] as number) > size)).toBe(true);
    expect(other.stderr).toMatch(/\d+ of \d+ drawn rows were rejected: \d+ for price>size, \d+ for size>=61/);
  });

  test("combinations are those of a table; a flow has conditions as well", async () => {
    bench.write("few.csv", ["when,group", "05.03.2021,<=50", "06.03.2021,>50"]);
    const [rows, flow] = await Promise.all([
      bench.run(["sample", "data.st", "-n", "12", "--combinations", "group,when", "--data", "few.csv"]),
      bench.run(["sample", "numbers.st", "-n", "30", "--where", "a<b,b>0"]),
    ]);
    expect(rows.code).toBe(0);
    const groups = column(rows.stdout, "group");
    const pairs = new Set(column(rows.stdout, "when").map((day, i) => `${day} ${groups[i]}`));
    expect([...pairs].every((pair) => ["05.03.2021 <=50", "06.03.2021 >50"].includes(pair))).toBe(true);
    expect(rows.stderr).toMatch(/rejected: \d+ for combinations of group, when/);
    expect(flow.code).toBe(0);
    const [a, b] = ["a", "b"].map((name) => column(flow.stdout, name).map(Number)) as [number[], number[]];
    expect(b).toHaveLength(30);
    expect(b.every((value, i) => value > 0 && (a[i] as number) < value)).toBe(true);
  });

  test.each([
    [["--where", "size"], 2, "--where: expected conditions such as temp_min<=temp_max on the columns group, size"],
    [["--where", "group<5"], 2, "expected = or != for the column group, which is text, got <."],
    [["--where", "size=group"], 2, "expected two columns of numbers or two of text, got size and group."],
    [
      ["--where", "size>1000", "--out", "none.parquet"],
      1,
      "error: --where: expected 3 rows that meet size>1000, got 0",
    ],
    [["--combinations", "group"], 2, "--combinations: expected --combinations and --data together"],
    [["--combinations", "weight", "--data", "few.csv"], 2, "expected columns of group, size, when, price, got weight."],
  ])("%j is refused", async (args, code, message) => {
    const outcome = await bench.run(["sample", "data.st", "-n", "3", ...args]);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });
});

describe("score --marginal", () => {
  test.runIf(DEEP)("takes a missing cell as unknown, for a table and for a flow", async () => {
    bench.write("gap.csv", ["a,b", "0.5,", "0.5,0.1"]);
    const [table, plain, flow, refused] = await Promise.all([
      bench.run(["score", "data.st", "holes.csv", "--marginal"]),
      bench.run(["score", "data.st", "holes.csv"]),
      bench.run(["score", "numbers.st", "gap.csv", "--marginal"]),
      bench.run(["score", "data.st", "holes.csv", "--marginal", "--cells", "--out", "no.csv"]),
    ]);
    const values = ({ stdout }: { readonly stdout: string }): number[] => stdout.trim().split("\n").map(Number);
    // That a cell is missing where none was is nearly impossible, and its value is not.
    for (const [row, value] of values(table).entries())
      expect(value).toBeGreaterThan((values(plain)[row] as number) + 3);
    // A standard normal has log p(0.5) = −1.04.
    expect(Math.abs((values(flow)[0] as number) + 1.04)).toBeLessThan(0.4);
    expect(values(flow)[1]).toBeLessThan(values(flow)[0] as number);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("--marginal: expected no --cells")]);
  });
});

describe("impute", () => {
  test("fills missing cells and leaves all others as they stand", async () => {
    const { code, stderr } = await bench.run(["impute", "data.st", "holes.csv", "--out", "filled.csv"]);
    expect(code).toBe(0);
    expect(stderr).toContain("4 missing cells of 2 rows filled");
    const filled = readFileSync(bench.path("filled.csv"), "utf8");
    expect(filled.split("\n")[0]).toBe("name,group,size,when,price");
    expect(column(filled, "name")).toEqual(["first", "second"]);
    expect(column(filled, "group")).toEqual([">50", "<=50"]);
    expect(column(filled, "price")[0]).toMatch(/^\$\d+\.00$/);
    expect(column(filled, "price")[1]).toBe("$45.00");
    expect(Number(column(filled, "size")[1])).toBeLessThan(55);
  });

  test.runIf(DEEP)("with means and intervals, several times, and of some columns only", async () => {
    const outcomes = await Promise.all([
      bench.run(["impute", "data.st", "holes.csv", "--out", "means.csv", "--expected", "--intervals", "0.8"]),
      bench.run(["impute", "data.st", "holes.csv", "--out", "three.csv", "--multiple", "3", "--columns", "size"]),
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    const [means, three] = ["means.csv", "three.csv"].map((file) => readFileSync(bench.path(file), "utf8")) as [
      string,
      string,
    ];
    const [low, high] = [column(means, "low of size"), column(means, "high of size")];
    expect(low[0]).toBe("");
    expect(Number(low[1])).toBeLessThanOrEqual(Number(column(means, "size")[1]));
    expect(Number(high[1])).toBeGreaterThanOrEqual(Number(column(means, "size")[1]));
    expect(column(three, "imputation")).toEqual(["1", "1", "2", "2", "3", "3"]);
    expect(column(three, "group")).toEqual(["", "<=50", "", "<=50", "", "<=50"]);
    expect(column(three, "size").every((size) => size !== "")).toBe(true);
  });

  test.each([
    [["--columns", "name"], 1, "expected --columns of the model, group, size, when, price, got name."],
    [["--intervals", "0.9"], 2, "--intervals: expected the option --expected as well, got --intervals alone."],
    [["--expected", "--multiple", "2"], 2, "--multiple: expected draws, got --expected."],
  ])("%j is refused", async (args, code, message) => {
    const outcome = await bench.run(["impute", "data.st", "holes.csv", "--out", "no.csv", ...args]);
    expect(outcome.stderr).toContain(message);
    expect(outcome.code).toBe(code);
  });
});
