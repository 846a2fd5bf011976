import { readFileSync } from "node:fs";
import { createKey, parseCsv } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Workbench } from "../command.test-support.ts";

const bench = new Workbench();
const ROWS = 200;

/** Groups with sizes of their own; in row 7 the size belongs to the other group, and in row 11 the weight to another size. */
function lines(): string[] {
  const z = createKey(5).normal(2 * ROWS);
  return Array.from({ length: ROWS }, (_, i) => {
    const group = i % 2;
    const size = 10 * group + (z[2 * i] as number);
    const weight = 3 * size + 0.1 * (z[2 * i + 1] as number) + (i === 10 ? 15 : 0);
    return `id${i},${i === 6 ? "large" : ["small", "large"][group]},${size.toFixed(2)},${weight.toFixed(2)}`;
  });
}

const DATA = lines();
const NUMBERS = DATA.map((line) => line.split(",").slice(2).join(","));

beforeAll(async () => {
  bench.write("mixed.csv", ["name,group,size,weight", ...DATA]);
  bench.write("numbers.csv", ["size,weight", ...NUMBERS]);
  await Promise.all([
    bench.fit([
      "mixed.csv",
      "--out",
      "mixed.st",
      "--declare",
      "name:id",
      "--flow",
      "table",
      "--epochs",
      "1",
      "--hidden",
      "8",
      "--members",
      "1",
      "--validation",
      "0.2",
    ]),
    bench.fit([
      "numbers.csv",
      "--out",
      "numbers.st",
      "--flow",
      "maf",
      "--epochs",
      "1",
      "--transforms",
      "1",
      "--hidden",
      "8",
    ]),
    bench.fit([
      "numbers.csv",
      "--out",
      "none.st",
      "--flow",
      "maf",
      "--epochs",
      "1",
      "--transforms",
      "1",
      "--hidden",
      "8",
      "--no-anomalies",
    ]),
  ]);
});
afterAll(() => bench.remove());

describe("score", () => {
  test("--top prints the oddest rows and why, with the columns to keep", async () => {
    const { code, stdout, stderr } = await bench.run([
      "score",
      "mixed.st",
      "mixed.csv",
      "--top",
      "2",
      "--keep",
      "name",
    ]);
    expect(code).toBe(0);
    const [head, ...rows] = stdout.trimEnd().split("\n");
    expect(head?.trim().split(/ {2,}/)).toEqual(["row", "anomaly", "p", "log-density", "name", "why"]);
    expect(rows).toHaveLength(2);
    const odd = new Map(rows.map((line) => [line.trim().split(/ +/)[0], line]));
    expect([...odd.keys()].sort()).toEqual(["11", "7"]);
    expect(odd.get("11")).toContain("id10 ");
    expect(odd.get("11")).toMatch(/(weight|size) is /);
    expect(odd.get("7")).toContain("group is large");
    expect(stderr).toMatch(/^200 rows, mean log-density /);
  });

  test("--keep with a name that no column has is refused, with the closest one", async () => {
    for (const [model, data] of [
      ["mixed.st", "mixed.csv"],
      ["numbers.st", "numbers.csv"],
    ] as const) {
      for (const more of [[], ["--out", "kept.csv"]]) {
        const { code, stderr, stdout } = await bench.run([
          "score",
          model,
          data,
          "--top",
          "2",
          "--keep",
          "nam",
          ...more,
        ]);
        expect(stderr).toMatch(/^error: --keep: expected columns of the table, .*, got "nam"\./);
        expect(stderr.includes('Did you mean "name"?')).toBe(data === "mixed.csv");
        expect([code, stdout]).toEqual([1, ""]);
      }
    }
  });

  test("--json holds them, and of a flow of numbers as well", async () => {
    const { stdout } = await bench.run(["score", "numbers.st", "numbers.csv", "--top", "1", "--json"]);
    const { rows, top } = JSON.parse(stdout);
    expect(rows).toBe(ROWS);
    expect(top).toHaveLength(1);
    expect(top[0]).toMatchObject({ row: 11, anomaly: expect.any(Number), logDensity: expect.any(Number) });
    expect(top[0].pValue).toBeLessThan(0.02);
    expect(top[0].reasons[0]).toEqual({ column: expect.stringMatching(/size|weight/), cell: expect.any(Number) });
  });

  test("--out has the anomaly of each row, its p-value and reasons when asked for", async () => {
    const [plain, full] = await Promise.all([
      bench.run(["score", "mixed.st", "mixed.csv", "--out", "plain.csv"]),
      bench.run(["score", "mixed.st", "mixed.csv", "--out", "full.csv", "--p-value", "--explain"]),
    ]);
    expect([plain.code, full.code]).toEqual([0, 0]);
    const names = (file: string): string[] =>
      parseCsv(readFileSync(bench.path(file), "utf8")).columns.map((c) => c.name);
    const before = ["name", "group", "size", "weight", "log_density", "anomaly"];
    expect(names("plain.csv")).toEqual(before);
    expect(names("full.csv")).toEqual([
      ...before,
      "p_value",
      "surprise of group",
      "surprise of size",
      "surprise of weight",
    ]);
    const table = parseCsv(readFileSync(bench.path("full.csv"), "utf8"));
    const values = (name: string) => table.columns.find((column) => column.name === name)?.values as Float64Array;
    const order = [...values("anomaly").keys()].sort(
      (a, b) => (values("anomaly")[b] as number) - (values("anomaly")[a] as number),
    );
    expect(order.slice(0, 2).sort()).toEqual([10, 6]);
    for (const p of values("p_value")) expect(p > 0 && p <= 1).toBe(true);
  });

  test.each([
    [
      ["none.st", "numbers.csv", "--top", "3"],
      1,
      "expected a model with an anomaly score for --top, got a model without",
    ],
    [
      ["numbers.st", "numbers.csv", "--p-value"],
      2,
      "--p-value: expected --out with a file for the columns, or --top, got none.",
    ],
    [["numbers.st", "numbers.csv", "--top", "2", "--no-anomalies"], 2, "--top: expected no --no-anomalies, got it."],
    [["numbers.st", "numbers.csv", "--keep", "size"], 2, "--keep: expected --top, got none."],
    [["numbers.st", "numbers.csv", "--top", "0"], 2, "expected an integer from 1 to 100000."],
  ])("%j is refused", async (args, code, message) => {
    const outcome = await bench.run(["score", ...args]);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(message);
  });

  test("--no-anomalies leaves it out", async () => {
    const { code } = await bench.run(["score", "numbers.st", "numbers.csv", "--out", "fast.csv", "--no-anomalies"]);
    expect(code).toBe(0);
    expect(readFileSync(bench.path("fast.csv"), "utf8").split("\n")[0]).toBe("size,weight,log_density");
  });

  test("a model without it scores as before", async () => {
    const { code } = await bench.run(["score", "none.st", "numbers.csv", "--out", "none.csv"]);
    expect(code).toBe(0);
    expect(readFileSync(bench.path("none.csv"), "utf8").split("\n")[0]).toBe("size,weight,log_density");
  });
});

test("inspect names it", async () => {
  const [text, json] = await Promise.all([
    bench.run(["inspect", "numbers.st"]),
    bench.run(["inspect", "numbers.st", "--json"]),
  ]);
  expect(text.stdout).toContain("with it: anomalies (pushforward/anomaly-score)");
  expect(JSON.parse(json.stdout).companions).toEqual({ anomalies: "pushforward/anomaly-score" });
});

describe("fit", () => {
  test("--contaminated wants a share below one half", async () => {
    const { code, stderr } = await bench.run(["fit", "numbers.csv", "--out", "x.st", "--contaminated", "0.5"]);
    expect(code).toBe(2);
    expect(stderr).toContain("at least 0 and below 0.5");
  });
});
