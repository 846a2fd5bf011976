import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { normalRows, type Outcome, outcomeOf, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
// Two blocks of at most 32,768 samples, and three of the rows that are read at once.
const ROWS = 36_000;

beforeAll(async () => {
  bench.write("rows.csv", ["a,b", ...normalRows(200, 2).map((row) => row.join(","))]);
  const small = ["--epochs", "1", "--transforms", "1", "--hidden", "8"];
  await bench.fit(["rows.csv", "--out", "flow.st", "--flow", "maf", ...small]);
  const draw = ["sample", "flow.st", "-n", `${ROWS}`, "--seed", "4"];
  const [one, three] = await Promise.all([
    bench.run([...draw, "--threads", "1", "--out", "one.csv"]),
    inThreads([...draw, "--threads", "3", "--out", "three.csv"]),
  ]);
  expect([one.stderr, three.stderr]).toEqual([`${ROWS} rows: one.csv\n`, `${ROWS} rows: three.csv\n`]);
});
afterAll(() => bench.remove());

/** The programs of the threads are part of the bundle, which runs as a process. */
function inThreads(args: readonly string[]): Promise<Outcome> {
  return outcomeOf(bench.start(args));
}

test("samples do not depend on the number of threads", () => {
  const [one, three] = [bytesOf("one.csv"), bytesOf("three.csv")];
  expect(one.toString().split("\n")).toHaveLength(ROWS + 2);
  expect(three.equals(one)).toBe(true);
});

test("scores do not depend on the number of threads", async () => {
  const score = ["score", "flow.st", "one.csv", "--p-value", "--json"];
  const [one, two] = await Promise.all([
    bench.run([...score, "--threads", "1", "--out", "scored1.csv"]),
    inThreads([...score, "--threads", "2", "--out", "scored2.csv"]),
  ]);
  expect(JSON.parse(one.stdout).rows).toBe(ROWS);
  expect(two.stdout).toBe(one.stdout);
  expect(bytesOf("scored2.csv").equals(bytesOf("scored1.csv"))).toBe(true);
});

test("a bad row in the last block is told as without threads", async () => {
  bench.write("bad.csv", [bytesOf("one.csv").toString().trimEnd(), "1,pear"]);
  const args = ["score", "flow.st", "bad.csv", "--json", "--threads"];
  const [one, two] = await Promise.all([bench.run([...args, "1"]), inThreads([...args, "2"])]);
  const told = `error: bad.csv line ${ROWS + 2}, row ${ROWS + 1}, column "b": expected a number, got "pear".`;
  for (const { code, stdout, stderr } of [one, two]) {
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(told);
  }
});

function bytesOf(name: string): Buffer {
  return readFileSync(bench.path(name));
}
