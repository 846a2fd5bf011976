import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { type Column, parseCsv } from "pushforward";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, normalRows, outcomeOf, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
const ROWS = normalRows(400, 2);

beforeAll(async () => {
  bench.write("two.csv", ["a,b", ...ROWS.map(([a, b]) => `${a},${1000 + (b as number)}`)]);
  bench.write("far.csv", [
    "kind,a",
    ...ROWS.map(([a], i) => `${i % 2 === 0 ? "x,1" : "y"},${a}`.replace("x,1", '"x,1"')),
  ]);
  bench.write("kinds.csv", ["note,kind", 'hi,"x,1"', "hi,y"]);
  bench.write("unknown.csv", ["kind", "y", "z"]);
  bench.write("dose.csv", ["dose,a", ...ROWS.map(([a, b]) => `${b},${a}`)]);
  bench.write("doses.csv", ["dose", "-1.5", "0", "2"]);
  await Promise.all([
    bench.fit(["two.csv", "--out", "two.st", ...SMALL]),
    bench.fit(["two.csv", "--out", "flow.st", "--flow", "maf", ...SMALL]),
    bench.fit(["far.csv", "--out", "kind.st", "--context", "kind", ...SMALL]),
    bench.fit(["dose.csv", "--out", "dose.st", "--context", "dose", ...SMALL]),
  ]);
});
afterAll(() => bench.remove());

function values(text: string, name: string): readonly (number | string)[] {
  return Array.from(
    (parseCsv(text).columns.find((c) => c.name === name) as Column).values as ArrayLike<number | string>,
  );
}

test("the rows are in the units of the table, and the seed decides them", async () => {
  const sample = (...more: string[]) => bench.run(["sample", "two.st", "-n", "300", ...more]);
  const [first, again, other, cpu] = await Promise.all([
    sample(),
    sample("--seed", "0"),
    sample("--seed", "1"),
    sample("--backend", "cpu"),
  ]);
  expect(first.stderr).toBe("");
  expect(again.stdout).toBe(first.stdout);
  expect(other.stdout).not.toBe(first.stdout);
  const b = values(first.stdout, "b") as number[];
  expect(b).toHaveLength(300);
  expect(Math.abs(b.reduce((sum, v) => sum + v, 0) / 300 - 1000)).toBeLessThan(0.5);
  const ofCpu = values(cpu.stdout, "b") as number[];
  expect(Math.max(...b.map((v, i) => Math.abs(v - (ofCpu[i] as number))))).toBeLessThan(1e-3);
});

test("--out writes what would go to stdout, also when it takes several blocks", async () => {
  const [plain, out] = await Promise.all([
    bench.run(["sample", "flow.st", "-n", "40000"]),
    bench.run(["sample", "flow.st", "-n", "40000", "--out", "samples.csv"]),
  ]);
  expect(out).toMatchObject({ code: 0, stdout: "", stderr: "40000 rows: samples.csv\n" });
  expect(plain.stdout).toBe(readFileSync(bench.path("samples.csv"), "utf8"));
  const b = values(plain.stdout, "b");
  expect(b).toHaveLength(40_000);
  expect(new Set(b).size).toBeGreaterThan(39_000);
});

test("rows for each category, which stands before them", async () => {
  const { stdout } = await bench.run(["sample", "kind.st", "-n", "3", "--context", "kinds.csv"]);
  expect(stdout.split("\n")[0]).toBe("kind,a");
  expect(values(stdout, "kind")).toEqual(["x,1", "x,1", "x,1", "y", "y", "y"]);
  expect(new Set(values(stdout, "a")).size).toBe(6);
});

test("rows for each number, also from standard input", async () => {
  const [file, input] = await Promise.all([
    bench.run(["sample", "dose.st", "-n", "2", "--context", "doses.csv"]),
    bench.run(["sample", "dose.st", "-n", "2", "--context", "-"], "dose\n-1.5\n0\n2\n"),
  ]);
  expect(values(file.stdout, "dose")).toEqual([-1.5, -1.5, 0, 0, 2, 2]);
  expect(input.stdout).toBe(file.stdout);
});

test.each([
  [
    "kind.st -n 1",
    1,
    /^error: kind\.st: expected --context with a file of the columns kind, because the model is cond/,
  ],
  ["two.st -n 1 --context kinds.csv", 1, /^error: two\.st: expected no --context, because the model takes none/],
  [
    "kind.st -n 1 --context unknown.csv",
    1,
    /^error: unknown\.csv, row 2, column "kind": expected one of "x,1", "y", got "z"/,
  ],
  ["kind.st -n 1 --context doses.csv", 1, /^error: doses\.csv: expected a column "kind", got the columns "dose"\.\n$/],
  ["two.st -n 1 --out no/x.csv", 1, /^error: --out no\/x\.csv: expected a folder "no"/],
  ["two.st", 2, /^error: required option '-n, --count <n>' not specified/],
  ["two.st -n 0", 2, /expected an integer from 1 to/],
])("sample %s", async (args, code, stderr) => {
  const outcome = await bench.run(["sample", ...args.split(" ")]);
  expect(outcome.stderr).toMatch(stderr);
  expect(outcome).toMatchObject({ code, stdout: "" });
});

test.each(["99999999999999", "9007199254740991", "1e400", "2.5", "0", "-1"])("-n %s is refused", async (count) => {
  const outcome = await bench.run(["sample", "two.st", "-n", count]);
  expect(outcome).toMatchObject({ code: 2, stdout: "" });
  expect(outcome.stderr).toContain("expected an integer from 1 to 1000000000000.");
});

test("very many rows are drawn as they are written: in threads, given something, and of shards", async () => {
  const child = bench.start(["sample", "two.st", "-n", "1000000000000", "--threads", "2", "--out", "many.csv"]);
  const ended = outcomeOf(child);
  await eventually(() => {
    const [name] = readdirSync(bench.folder).filter((file) => file.startsWith(".many.csv."));
    expect(name === undefined ? 0 : statSync(bench.path(name)).size).toBeGreaterThan(1 << 20);
  });
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 143, stderr: expect.stringContaining("stopped: no file was written") });
  expect(readdirSync(bench.folder).filter((file) => file.includes("many.csv"))).toEqual([]);
  const shards = ["--redis", "redis://127.0.0.1:1", "--out", "shards", "--shard-rows", "1"];
  expect(await bench.run(["sample", "two.st", "-n", "1000000000000", ...shards])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--shard-rows: expected at most 100000 shards"),
  });
  expect(existsSync(bench.path("shards"))).toBe(false);
});

test.each(["sample two.st -n 5", "score two.st two.csv"])(
  "%s --redis makes no folder where there is no server",
  async (args) => {
    const redis = ["--redis", "http://127.0.0.1:1", "--out", "no-shards"];
    const { code, stderr } = await bench.run([...args.split(" "), ...redis]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("--redis: expected an address like redis://localhost:6379"),
    ]);
    expect(existsSync(bench.path("no-shards"))).toBe(false);
  },
);
