import { readFileSync } from "node:fs";
import { createKey } from "pushforward";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEEP, firstOf } from "../../../../packages/testing/test/deep.ts";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";
import type { TableReport } from "../report/table-report.ts";

const bench = new Workbench();
const ROWS = 240;
const HOSTILE = '<img src=x onerror="alert(1)">';
const SCRIPT = "'><script>alert(2)</script>&amp;";
const TURNED = "\u202egnp.exe";
/** With an anomaly score. */
const JUDGED = SMALL.filter((flag) => flag !== "--no-anomalies");
const FAST = ["--flow", "table", "--epochs", "2", "--hidden", "8", "--members", "1", "--validation", "0.2"];

/** A category that decides a size, a day, a gap, and names that want to be markup. */
function lines(seed: number, rows = ROWS): string[] {
  const [z, u] = [
    createKey(seed).normal(rows),
    createKey(seed)
      .fold("u")
      .uniform(3 * rows),
  ];
  return Array.from({ length: rows }, (_, i) => {
    const by = (k: number): number => u[3 * i + k] as number;
    const kind = by(0) < 0.5 ? SCRIPT : by(0) < 0.9 ? TURNED : "";
    const day = String(1 + Math.floor(28 * by(1))).padStart(2, "0");
    return `"${kind}",${((kind === SCRIPT ? 5 : 0) + (z[i] as number)).toFixed(3)},2021-03-${day},${by(2) < 0.2 ? "" : i % 7}`;
  });
}

const HEADER = `kind,"${HOSTILE.replaceAll('"', '""')}",day,count`;

async function json(...args: readonly string[]): Promise<TableReport> {
  const { code, stdout, stderr } = await bench.run(["report", ...args, "--json"]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as TableReport;
}

const page = (name: string): string => readFileSync(bench.path(name), "utf8");

beforeAll(async () => {
  const numbers = (rows: readonly (readonly number[])[]): string[] =>
    rows.map(([a, b], i) => `${a},${b},${"uv"[i % 2]}`);
  bench.write("mixed.csv", [HEADER, ...lines(1)]);
  bench.write("fresh.csv", [HEADER, ...lines(2, 100)]);
  bench.write("parts.csv", [
    `${HEADER},part`,
    ...lines(1).map((line, i) => `${line},${["train", "train", "val", "test"][i % 4]}`),
  ]);
  bench.write("few.csv", [HEADER, ...lines(3, 4)]);
  bench.write("numbers.csv", ["a,b,kind", ...numbers(normalRows(80, 2))]);
  bench.write("others.csv", ["a,b,kind", ...numbers(normalRows(40, 2, 9))]);
  await Promise.all([
    bench.fit(["mixed.csv", "--out", "mixed.st", ...FAST]),
    bench.fit(["numbers.csv", "--out", "flow.st", "--columns", "a,b", "--flow", "maf", ...JUDGED]),
    bench.fit(["numbers.csv", "--out", "given.st", "--columns", "a,b", "--context", "kind", "--flow", "maf", ...SMALL]),
  ]);
});
afterAll(() => bench.remove());

test("without held-out rows, it says so, and measures no privacy that needs them", async () => {
  const { code, stderr, stdout } = await bench.run([
    "report",
    "mixed.st",
    "mixed.csv",
    "--out",
    "mixed.html",
    "--json",
  ]);
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("pass --holdout") });
  const report = JSON.parse(stdout) as TableReport;
  expect(report.rows).toEqual({ training: ROWS, heldOut: 0, synthetic: ROWS });
  expect(report.privacy).toMatchObject({
    closestRecords: null,
    membership: null,
    copies: { unique: expect.any(Number) },
  });
  expect(report.calibration).toMatchObject({ isHeldOut: false, rows: ROWS });
  // Names and categories never become markup, and the page asks for nothing.
  const text = page("mixed.html");
  expect(text.match(/<script|<img|onerror="|\u202e|(?:src|href)="(?!#)/g)).toBe(null);
  const wanted = [
    "No rows were held out",
    "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;",
    "\\u202egnp.exe",
    "default-src &#39;none&#39;",
  ];
  expect(wanted.filter((part) => !text.includes(part))).toEqual([]);
  expect(report.columns.map(({ name }) => name)).toEqual(["kind", HOSTILE, "day", "count"]);
  expect(report.dependencies[0]?.columns.toSorted()).toEqual([HOSTILE, "kind"]);
  expect(report.quality.training.trends).toHaveLength(6);
  expect(report.oddRows).toHaveLength(20);
  // Ten rows are named, those of the largest values first, with cells as the file has them.
  const { memorization } = report.privacy;
  expect(memorization).toMatchObject({ rows: ROWS, folds: 5 });
  const { largest = [], high = 0, median = 0 } = memorization ?? {};
  expect(largest.map(({ value }) => value)).toEqual(largest.map(({ value }) => value).toSorted((a, b) => b - a));
  expect(largest).toHaveLength(10);
  expect(largest[0]?.value).toBeGreaterThan(high);
  expect(high).toBeGreaterThan(median);
  const source = lines(1);
  for (const { row, cells } of largest) {
    for (const { cell } of cells) expect(cell === "missing" || source[row - 1]?.includes(cell)).toBe(true);
  }
  for (const heading of ["Memorization of rows", "<h3>Pairs</h3>"]) expect(text).toContain(heading);
});

test("the column that identifies training rows is named", async () => {
  const numbers = (seed: number): string[] => {
    const [u, z] = [createKey(seed).uniform(ROWS), createKey(seed).fold("z").normal(ROWS)];
    // Weights that two rows of a file share are known values, and new files have others.
    return Array.from(z, (value, i) => `${Math.floor(1e4 + 1e5 * (u[i >> 1] as number))},${value.toFixed(2)}`);
  };
  bench.write("weights.csv", ["weight,z", ...numbers(4)]);
  bench.write("others-of-weights.csv", ["weight,z", ...numbers(5)]);
  await bench.fit(["weights.csv", "--out", "weights.st", ...FAST, "--no-anomalies"]);
  const args = ["weights.st", "weights.csv", "--holdout", "others-of-weights.csv", "--out", "weights.html"];
  const { membership, memorization } = (await json(...args)).privacy;
  const [first] = membership?.columns ?? [];
  expect(first?.column).toBe("weight");
  expect(first?.area).toBeGreaterThan(0.6);
  expect(first?.areaWithout).toBeLessThan(0.6);
  expect(first?.seen).toBeLessThan(0.6);
  expect(page("weights.html")).toContain("Columns that identify training rows: <strong>weight</strong>");
  // Without the row its exact weight has no mass of its own.
  expect(memorization?.largest[0]?.cells[0]?.column).toBe("weight");
});

test("the oddest rows are those of score, and their cells stand as in the file", async () => {
  const [{ oddRows }, top] = await Promise.all([
    json("mixed.st", "mixed.csv"),
    bench.run(["score", "mixed.st", "mixed.csv", "--top", "20", "--json"]),
  ]);
  const wanted = (JSON.parse(top.stdout) as { readonly top: readonly Record<string, unknown>[] }).top;
  expect(oddRows.map(({ row, anomaly, pValue }) => ({ row, anomaly, pValue }))).toEqual(
    wanted.map(({ row, anomaly, pValue }) => ({ row, anomaly, pValue })),
  );
  expect(oddRows.map(({ cells }) => cells.map(({ column }) => column))).toEqual(
    wanted.map(({ reasons }) => (reasons as readonly { readonly column: string }[]).map(({ column }) => column)),
  );
  const source = lines(1);
  for (const { row, cells } of oddRows) {
    for (const { value } of cells) expect(value === "missing" || source[row - 1]?.includes(value)).toBe(true);
  }
});

test.runIf(DEEP)("without an anomaly score, the oddest rows are those of the lowest log-density", async () => {
  await bench.fit(["mixed.csv", "--out", "plain.st", ...FAST, "--no-anomalies"]);
  const { oddRows } = await json("plain.st", "mixed.csv");
  const { stdout } = await bench.run(["score", "plain.st", "mixed.csv"]);
  const scores = stdout.trimEnd().split("\n").map(Number);
  const lowest = scores.indexOf(Math.min(...scores));
  expect(oddRows[0]).toMatchObject({ row: lowest + 1, logDensity: scores[lowest], anomaly: null, pValue: null });
  const logDensities = oddRows.map(({ logDensity }) => logDensity);
  expect(logDensities).toEqual(logDensities.toSorted((a, b) => a - b));
  for (const { cells } of oddRows) expect(cells.length).toBeGreaterThan(0);
});

test.each([
  { name: "a file", args: ["mixed.csv", "--holdout", "fresh.csv"], rows: { training: ROWS, heldOut: 100 } },
  { name: "a column", args: ["parts.csv", "--split-column", "part"], rows: { training: 180, heldOut: 60 } },
  {
    name: "fewer rows",
    args: ["mixed.csv", "--holdout", "fresh.csv", "--rows", "50"],
    rows: { training: 50, heldOut: 50 },
  },
])("with held-out rows of $name all is measured", async ({ args, rows }) => {
  const report = await json("mixed.st", ...args);
  expect(report.rows).toMatchObject(rows);
  expect(report.unusedRows).toBe(rows.training === 50 ? ROWS - 50 : 0);
  expect(report.calibration).toMatchObject({ isHeldOut: true, rows: rows.heldOut });
  const { closestRecords, membership } = report.privacy;
  for (const value of [closestRecords?.share, membership?.logDensity.area, membership?.distance.area]) {
    expect(value).toBeGreaterThan(0.1);
    expect(value).toBeLessThan(0.9);
  }
  expect(membership?.columns.map(({ column }) => column).toSorted()).toEqual(
    [HOSTILE, "count", "day", "kind"].toSorted(),
  );
  expect(report.quality.heldOut?.shapes).toHaveLength(4);
});

test.each(firstOf(1, ["given.st", "flow.st"]))("reports on a flow of numbers: %s", async (model) => {
  const args = [model, "numbers.csv", "--holdout", "others.csv"];
  const [first, second] = await Promise.all([json(...args, "--out", `${model}.html`), json(...args)]);
  const { seconds: _, cpuSeconds: __, ...same } = first;
  expect(second).toMatchObject(same);
  expect(first.columns.map(({ isGiven }) => isGiven)).toEqual(
    model === "flow.st" ? [false, false] : [false, false, true],
  );
  expect(first.oddRows[0]?.anomaly === null).toBe(model === "given.st");
  if (model === "given.st") expect(first.oddRows[0]?.cells).toEqual([]);
  expect(first.calibration.columns.at(-1)?.values === null).toBe(model === "given.st");
  expect(page(`${model}.html`).includes("Membership attack")).toBe(true);
  expect(first.privacy.membership?.columns).toEqual([]);
  expect(first.privacy.memorization).toMatchObject({ rows: 80, folds: 5 });
});

test("what is asked for in vain is one sentence", async () => {
  bench.write("note.html", ["my page"]);
  const cases: readonly (readonly [string, number, RegExp])[] = [
    ["report mixed.st mixed.csv", 2, /expected --out with a file for the page, or --json/],
    ["report mixed.st mixed.csv --json --split-column part", 1, /part/],
    ["report mixed.st mixed.csv --json --holdout few.csv", 1, /few\.csv: expected at least 10 rows/],
    ["report mixed.st few.csv --json", 1, /few\.csv: expected at least 10 rows/],
    ["report mixed.st mixed.csv --json --holdout none.csv", 1, /none\.csv/],
    ["report mixed.st mixed.csv --out note.html", 1, /a report to replace/],
    ["report mixed.csv mixed.csv --json", 1, /mixed\.csv/],
    ["report flow.st others.csv --json --rows 3", 2, /from 10 to 1000000/],
  ];
  const outcomes = await Promise.all(cases.map(([args]) => bench.run(args.split(" "))));
  for (const [i, [args, code, message]] of cases.entries()) {
    expect(outcomes[i], args).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
    expect(outcomes[i]?.stderr, args).not.toContain("internal");
  }
});

test("a report replaces an older one", async () => {
  const args = ["report", "flow.st", "numbers.csv", "--out", "again.html"];
  expect((await bench.run(args)).stderr).not.toContain("(replaced)");
  expect((await bench.run(args)).stderr).toContain("report: again.html (replaced)");
});
