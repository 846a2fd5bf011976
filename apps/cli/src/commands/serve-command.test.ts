import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseCsv, type Table } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalRows, outcomeOf, printed, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
let server: ChildProcess;
let url: string;

const ROWS = 160;

/** Groups with sizes of their own, and prices of which some are missing. */
function lines(): string[] {
  return normalRows(ROWS, 2).map(([x = 0, y = 0], i) => {
    const group = i % 3 === 0 ? "small" : "large";
    const size = (group === "small" ? 20 : 30) + x;
    return `${group},${size.toFixed(2)},${i % 6 === 0 ? "" : (2 * size + y).toFixed(1)}`;
  });
}

async function post<T>(path: string, body: object): Promise<T> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer: unknown = await response.json();
  if (response.status !== 200) throw new Error(JSON.stringify(answer));
  return answer as T;
}

/** The rows of a CSV file as JSON has them. */
function jsonRows(text: string): Record<string, string | number | null>[] {
  const table: Table = parseCsv(text, { missing: "keep" });
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(
      table.columns.map((column) => {
        const isMissing = column.kind === "text" ? column.missing?.has(row) : Number.isNaN(column.values[row]);
        return [column.name, isMissing ? null : (column.values[row] as string | number)];
      }),
    ),
  );
}

beforeAll(async () => {
  bench.write("shop.csv", ["group,size,price", ...lines()]);
  bench.write("numbers.csv", ["a,b", ...normalRows(ROWS, 2).map((row) => row.join(","))]);
  const small = ["--epochs", "3", "--hidden", "8", "--members", "1", "--validation", "0.2"];
  await bench.fit(["shop.csv", "--out", "shop.st", ...small]);
  await bench.fit(["numbers.csv", "--out", "numbers.st", ...SMALL]);
  server = bench.start(["serve", "shop.st", "numbers.st", "--port", "0", "--workers", "1", "--timeout", "120"]);
  [, url = ""] = await printed(server, /(http:\S+) serves/);
});
afterAll(async () => {
  const ended = outcomeOf(server);
  server.kill("SIGTERM");
  expect((await ended).code).toBe(0);
  bench.remove();
});

describe("answers are those of the command line", () => {
  test.each(["shop", "numbers"])("score of %s", async (name) => {
    const rows = jsonRows(readFileSync(bench.path(`${name}.csv`), "utf8"));
    const { logDensity, ...summary } = await post<{ logDensity: number[] }>(`/models/${name}/score`, { rows });
    const printed = await bench.run(["score", `${name}.st`, `${name}.csv`]);
    expect(logDensity).toEqual(printed.stdout.trim().split("\n").map(Number));
    const json = await bench.run(["score", `${name}.st`, `${name}.csv`, "--json"]);
    expect(summary).toEqual(JSON.parse(json.stdout));
  });

  test("log-densities of the cells that are known", async () => {
    const rows = jsonRows(readFileSync(bench.path("shop.csv"), "utf8"));
    const { logDensity } = await post<{ logDensity: number[] }>("/models/shop/score", { rows, marginal: true });
    const { stdout } = await bench.run(["score", "shop.st", "shop.csv", "--marginal"]);
    expect(logDensity).toEqual(stdout.trim().split("\n").map(Number));
  });

  test("the oddest rows and their reasons", async () => {
    const rows = jsonRows(readFileSync(bench.path("shop.csv"), "utf8"));
    const { top } = await post<{ top: Record<string, unknown>[] }>("/models/shop/explain", { rows, top: 5 });
    const { stdout } = await bench.run(["score", "shop.st", "shop.csv", "--top", "5", "--json"]);
    // Cells are told as they were sent: a number of JSON has no zeros at its end.
    expect(top.map(withoutCells)).toEqual(
      (JSON.parse(stdout) as { top: Record<string, unknown>[] }).top.map(withoutCells),
    );
  });

  test.each([
    ["shop", { size: { above: 30 } }, { group: "small" }, "size>30", "group=small"],
    ["numbers", { a: { min: 0 } }, { b: { below: 0.5 } }, "a >= 0", "b<0.5"],
  ])("the probability of a condition on %s", async (name, of, given, ofText, givenText) => {
    const answer = await post<{ probability: number }>(`/models/${name}/probability`, {
      of,
      given,
      draws: 800,
      seed: 2,
    });
    const args = ["probability", `${name}.st`, "--of", ofText, "--given", givenText, "--draws", "800", "--seed", "2"];
    expect(answer).toEqual(JSON.parse((await bench.run([...args, "--json"])).stdout));
    const { stdout, stderr } = await bench.run(args);
    expect(stdout).toBe(`${Number(answer.probability.toPrecision(6))}\n`);
    expect(stderr).toMatch(/^standard error: 0\.0\d+\neffective sample size: \d+(\.\d+)?\nis exact: no\n/);
  });

  test("samples", async () => {
    const { rows } = await post<{ rows: object[] }>("/models/shop/sample", { count: 20, seed: 3 });
    expect(rows).toEqual(jsonRows((await bench.run(["sample", "shop.st", "-n", "20", "--seed", "3"])).stdout));
    const numbers = await post<{ rows: object[] }>("/models/numbers/sample", { count: 20, seed: 3 });
    expect(numbers.rows).toEqual(
      jsonRows((await bench.run(["sample", "numbers.st", "-n", "20", "--seed", "3"])).stdout),
    );
  });

  test("rows given some columns", async () => {
    const given = { group: "small", size: { min: 20 } };
    const { rows } = await post<{ rows: object[] }>("/models/shop/given", { given, count: 10, seed: 1 });
    const args = ["sample", "shop.st", "-n", "10", "--given", "group=small,size>=20", "--seed", "1"];
    expect(rows).toEqual(jsonRows((await bench.run(args)).stdout));
  });

  test("filled cells", async () => {
    const rows = jsonRows(readFileSync(bench.path("shop.csv"), "utf8"));
    const answer = await post<{ rows: object[] }>("/models/shop/impute", { rows, seed: 2 });
    const { stderr } = await bench.run(["impute", "shop.st", "shop.csv", "--out", "filled.csv", "--seed", "2"]);
    expect(stderr).toContain("missing cells");
    expect(answer.rows).toEqual(jsonRows(readFileSync(bench.path("filled.csv"), "utf8")));
  });
});

test("what cannot be served is said in a sentence", async () => {
  // Its workers are processes of the bundle.
  const none = await outcomeOf(bench.start(["serve", "shop.csv", "--port", "0"]));
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringMatching(/^error: "shop.csv": .* Is it a model file\?\n$/),
  ]);
  const token = await bench.run(["serve", "shop.st", "--token", "nosuch"]);
  expect([token.code, token.stderr]).toEqual([1, expect.stringContaining("--token: expected a file that can be read")]);
  expect((await bench.run(["serve"])).code).toBe(2);
});

function withoutCells({ reasons, ...rest }: Record<string, unknown>): object {
  return { ...rest, reasons: (reasons as { column: string }[]).map(({ column }) => column) };
}
