import { appendFileSync, writeFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import { createKey } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, type Outcome, outcomeOf, printed, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();

/** Rows of two numbers and a category; from a row on the first number is larger. */
function lines(seed: number, rows: number, change = rows): string[] {
  const [normalKey, uniformKey] = createKey(seed).split(2);
  const z = normalKey.normal(2 * rows);
  const u = uniformKey.uniform(rows);
  return Array.from({ length: rows }, (_, i) => {
    const a = (z[2 * i] as number) + (i >= change ? 1 : 0);
    return `${a.toFixed(4)},${(z[2 * i + 1] as number).toFixed(4)},${(u[i] as number) < 0.6 ? "x" : "y"}`;
  });
}

/** Without cross-validation, for which there would be five networks. */
const TINY = ["--epochs", "1", "--hidden", "8", "--members", "1", "--validation", "0.2", "--no-anomalies"];
const HEAD = "a,b,kind";
const QUIET = lines(3, 1000);
const DRIFT = lines(4, 1500, 1000);
const HELD = ["--reference", "held.csv"];
const numbers = (rows: readonly string[]): string[] => rows.map((row) => row.split(",").slice(0, 2).join(","));

beforeAll(async () => {
  bench.write("train.csv", [HEAD, ...lines(1, 300)]);
  bench.write("held.csv", [HEAD, ...lines(2, 900)]);
  bench.write("quiet.csv", [HEAD, ...QUIET]);
  bench.write("drift.csv", [HEAD, ...DRIFT]);
  bench.write("few.csv", [HEAD, ...QUIET.slice(0, 10)]);
  await Promise.all([
    bench.fit(["train.csv", "--out", "table.st", ...TINY]),
    bench.fit(["train.csv", "--out", "flow.st", "--columns", "a,b", "--flow", "maf", ...SMALL]),
    bench.fit(["train.csv", "--out", "given.st", "--columns", "a,b", "--context", "kind", "--flow", "maf", ...SMALL]),
  ]);
});
afterAll(() => bench.remove());

const watch = (...args: string[]): Promise<Outcome> => bench.run(["watch", ...args]);

test("an alarm is a line that names row and column; a quiet stream has none", async () => {
  const [quiet, drift] = await Promise.all([
    watch("table.st", "quiet.csv", ...HELD, "--fail"),
    watch("table.st", "drift.csv", ...HELD),
  ]);
  expect(quiet).toMatchObject({ code: 0, stdout: "" });
  expect(quiet.stderr).toMatch(
    /^reference: 900 rows\n1000 rows, no alarm, largest evidence \d\S* \(an alarm needs 20\)\n$/,
  );
  expect(drift.code).toBe(0);
  const [, row] = /^row (\d+): drift in the values of "a"; evidence 2\S+, p ≤ 0\.0\d+\n$/.exec(drift.stdout) ?? [];
  expect(Number(row)).toBeGreaterThan(1000);
  expect(drift.stderr).toContain("1500 rows, 1 alarm, ");
});

test("--json is one document, and the same from standard input, whatever the size of its pieces; --fail exits with 1", async () => {
  const args = ["table.st", ...HELD, "--json", "--fail"];
  const child = bench.start(["watch", ...args]);
  const outcome = outcomeOf(child);
  for (const line of [HEAD, ...DRIFT]) child.stdin?.write(`${line}\n`);
  child.stdin?.end();
  const [piped, file] = await Promise.all([outcome, watch(...args, "drift.csv")]);
  expect(piped).toEqual(file);
  expect([file.code, file.stderr]).toEqual([1, ""]);
  const told = JSON.parse(file.stdout) as { readonly alarms: readonly object[] };
  expect(told).toMatchObject({ rows: 1500, level: 0.05, reference: { rows: 900, drawn: false } });
  expect(told.alarms[0]).toMatchObject({ kind: "values", columns: ["a"] });
});

test("flows are watched, too; without a file the reference is drawn from the model", async () => {
  bench.write("numbers.csv", ["a,b", ...numbers(DRIFT)]);
  const [held, drawn] = await Promise.all([
    watch("flow.st", "numbers.csv", ...HELD, "--json"),
    watch("flow.st", "numbers.csv"),
  ]);
  expect(JSON.parse(held.stdout)).toMatchObject({ alarms: [{ kind: "values", columns: ["a"] }] });
  expect(drawn.stderr).toContain("reference: 20000 rows drawn from the model");
});

describe("a file that grows", () => {
  test("is followed: rows that are appended raise the alarm, and with --fail it is the end", async () => {
    bench.write("growing.csv", [HEAD, ...DRIFT.slice(0, 900)]);
    const args = ["watch", "table.st", "growing.csv", ...HELD, "--follow"];
    const { outcome } = bench.begin([...args, "--json", "--fail"]);
    // In the middle of a line.
    const rest = `${DRIFT.slice(900).join("\n")}\n`;
    appendFileSync(bench.path("growing.csv"), rest.slice(0, 1003));
    appendFileSync(bench.path("growing.csv"), rest.slice(1003));
    const { code, stdout } = await outcome;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ kind: "values", columns: ["a"] });
  });

  test("may end in the middle of a line for a while", async () => {
    const text = [HEAD, ...DRIFT].join("\n");
    writeFileSync(bench.path("cut.csv"), text.slice(0, -3));
    const running = bench.begin(["watch", "table.st", "cut.csv", ...HELD, "--follow"]);
    await eventually(() => expect(running.stdout()).toMatch(/^row 1\d\d\d: drift/));
    appendFileSync(bench.path("cut.csv"), `${text.slice(-3)}\n1,two,x\n0,0,x\n`);
    const { code, stderr } = await running.outcome;
    expect(code).toBe(1);
    expect(stderr).toContain('cut.csv, row 1501, column "b": expected a number, got "two".');
  });

  test("ends with Ctrl-C", async () => {
    const child = bench.start(["watch", "table.st", "quiet.csv", ...HELD, "--follow"]);
    const ended = outcomeOf(child);
    await printed(child, /reference/);
    child.kill("SIGINT");
    const outcome = await ended;
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(/\d+ rows, no alarm, /);
  });
});

describe("what cannot be watched is one sentence", () => {
  test.each([
    ["nothing at all", "", "error: standard input: expected a header line and rows, got empty input."],
    [
      "a broken row",
      [HEAD, ...QUIET.slice(0, 700), "1,two,x", ...QUIET].join("\n"),
      'error: standard input, row 701, column "b": expected a number, got "two".',
    ],
    [
      "an end in the middle of a line",
      `${[HEAD, ...QUIET.slice(0, 20)].join("\n")}\n0.5,0.`,
      "error: standard input line 22, row 21: expected 3 fields, got 2.",
    ],
  ])("%s", async (_, input, message) => {
    const { code, stderr, stdout } = await bench.run(["watch", "table.st", ...HELD], input);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(message);
  });

  test("rows that came before a broken one have raised their alarm", async () => {
    const stdin = new PassThrough();
    const running = bench.begin(["watch", "table.st", ...HELD], { stdin });
    stdin.write(`${[HEAD, ...DRIFT].join("\n")}\n`);
    await eventually(() => expect(running.stdout()).toContain("drift"));
    stdin.end("1,two,x\n");
    const { code, stdout, stderr } = await running.outcome;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^row 1\d\d\d: drift in the values of "a"/);
    expect(stderr).toContain('standard input, row 1501, column "b": expected a number, got "two".');
  });

  test.each([
    [
      ["given.st", "quiet.csv"],
      1,
      'watch: expected --reference with a file of reference rows, because the model is given "kind", got none.',
    ],
    [
      ["table.st", "quiet.csv", "--reference", "few.csv"],
      1,
      "few.csv: expected at least 20 rows of reference, got 10.",
    ],
    [["table.st", "--follow"], 2, "--follow: expected a growing file, got standard input, which is always followed."],
    [["table.st", "--reference", "-"], 2, "--reference: expected a file, got standard input, which is the stream."],
    [["table.st", "none.csv", "--follow", ...HELD], 1, "none.csv: expected a readable file, got ENOENT"],
  ] as const)("%j", async (args, code, message) => {
    const outcome = await watch(...args);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
    expect(outcome.stderr).toContain(message);
  });
});
