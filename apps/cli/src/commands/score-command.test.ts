import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { decodeModel, encodeModel, type Flow, parseCsv, standardRegistry } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
const ROWS = normalRows(80, 3);

beforeAll(async () => {
  bench.write("two.csv", ["a,b", ...ROWS.map(([a, b]) => `${a},${b}`)]);
  bench.write("mixed.csv", ["kind,b,a", ...ROWS.map(([a, b], i) => `${"uv"[i % 2]},${b},${a}`)]);
  bench.write("codes.csv", ["a,b,kind", ...ROWS.map(([a, b], i) => `${a},${b},${i === 5 ? "w" : "u"}`)]);
  bench.write("missing.csv", ["a,b", "1,2", ",3", "4,5"]);
  bench.write("header.csv", ["a,b"]);
  bench.write("other.csv", ["x,y", "1,2"]);
  bench.write("text.csv", ["a,b", "1,2", "3,many"]);
  bench.write("many.csv", ["a,b", ...Array.from({ length: 40_000 }, (_, i) => `${(i % 100) / 50},1`)]);
  mkdirSync(bench.path("folder"));
  await Promise.all([
    bench.fit(["two.csv", "--out", "two.st", ...SMALL]),
    bench.fit(["mixed.csv", "--out", "kind.st", "--columns", "a,b", "--context", "kind", ...SMALL]),
  ]);
  const bytes = readFileSync(bench.path("two.st"));
  writeFileSync(bench.path("cut.st"), bytes.subarray(0, bytes.length - 10));
  const flipped = Buffer.from(bytes);
  flipped[flipped.length - 5] = (flipped[flipped.length - 5] as number) ^ 0x40;
  writeFileSync(bench.path("flipped.st"), flipped);
  const header = JSON.stringify({ w: { dtype: "F32", shape: [1], data_offsets: [0, 4] } });
  const foreign = Buffer.alloc(8 + header.length + 4);
  foreign.writeBigUInt64LE(BigInt(header.length));
  foreign.write(header, 8);
  writeFileSync(bench.path("foreign.st"), foreign);
});
afterAll(() => bench.remove());

test("one number a row on stdout, the summary on stderr; --json and --out say the same", async () => {
  const [plain, json, out] = await Promise.all([
    bench.run(["score", "two.st", "two.csv"]),
    bench.run(["score", "two.st", "two.csv", "--json"]),
    bench.run(["score", "two.st", "two.csv", "--out", "scores.csv"]),
  ]);
  const scores = plain.stdout.trimEnd().split("\n").map(Number);
  expect(scores).toHaveLength(80);
  const mean = scores.reduce((sum, v) => sum + v, 0) / 80;
  const variance = scores.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 79;
  const summary = JSON.parse(json.stdout) as Record<string, number>;
  expect(Object.keys(summary)).toEqual(["rows", "meanLogDensity", "standardError", "measure"]);
  expect(summary["rows"]).toBe(80);
  expect(summary["meanLogDensity"]).toBeCloseTo(mean, 10);
  expect(summary["standardError"]).toBeCloseTo(Math.sqrt(variance / 80), 10);
  expect(json.stderr).toBe("");
  expect(plain.stderr).toBe(
    `80 rows, mean log-density ${mean.toFixed(4)} ± ${(summary["standardError"] as number).toFixed(4)} nats\nmeasure: density per unit of a, b\n`,
  );
  expect(out.stdout).toBe("");
  const table = parseCsv(readFileSync(bench.path("scores.csv"), "utf8"));
  expect(table.columns.map((c) => c.name)).toEqual(["a", "b", "log_density"]);
  expect([...(table.columns[2]?.values ?? [])]).toEqual(scores);
});

test("the mean is the negative of what fit reports on the same rows", async () => {
  bench.write("split.csv", ["a,b,s", ...ROWS.map(([a, b], i) => `${a},${b},${i % 4 === 0 ? "val" : "train"}`)]);
  bench.write("val.csv", ["b,a", ...ROWS.filter((_, i) => i % 4 === 0).map(([a, b]) => `${b},${a}`)]);
  const report = await bench.fit(["split.csv", "--out", "split.st", "--split-column", "s", ...SMALL]);
  const { stdout } = await bench.run(["score", "split.st", "val.csv", "--json"]);
  expect((JSON.parse(stdout) as { meanLogDensity: number }).meanLogDensity).toBeCloseTo(
    -(report["validationNll"] as number),
    10,
  );
});

test("columns are found by name, also the context, also on standard input", async () => {
  const [file, input] = await Promise.all([
    bench.run(["score", "kind.st", "mixed.csv"]),
    bench.run(["score", "kind.st", "-"], readFileSync(bench.path("mixed.csv"), "utf8")),
  ]);
  expect(file.stdout.split("\n")).toHaveLength(81);
  expect(input.stdout).toBe(file.stdout);
});

test("the backends agree", async () => {
  const [wasm, cpu] = await Promise.all(
    ["wasm", "cpu"].map((backend) => bench.run(["score", "two.st", "two.csv", "--backend", backend])),
  );
  const other = cpu?.stdout.split("\n").map(Number) ?? [];
  for (const [i, line] of (wasm?.stdout.split("\n") ?? []).entries()) {
    expect(Math.abs(Number(line) - (other[i] as number))).toBeLessThan(1e-4);
  }
});

test("--missing drop leaves rows out, says which columns cause it, and keeps lines and rows side by side", async () => {
  const { stdout, stderr } = await bench.run(["score", "two.st", "missing.csv", "--missing", "drop"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines.map((line) => line === "NaN")).toEqual([false, true, false]);
  expect(stderr).toContain('1 of 3 rows with missing values left out: "a" is missing in 1\n2 rows, ');
});

test("--out keeps all columns as they are, and says so when a name is taken", async () => {
  bench.write("ids.csv", ["id,a,note,b,log_density", '007,1,"x, y",2,9', "008,,NA,3,9", "NA,4,,5,9"]);
  const out = await bench.run(["score", "two.st", "ids.csv", "--missing", "drop", "--out", "kept.csv"]);
  expect(out.stderr).toContain(
    'The scores are in the column "log_density_2", because the file has a column "log_density".\n',
  );
  expect(out.stderr).toContain("scores: kept.csv\n");
  const lines = readFileSync(bench.path("kept.csv"), "utf8").split("\n");
  expect(lines.map((line) => line.replace(/,-?[\d.]+$/, ""))).toEqual([
    "row,id,a,note,b,log_density,log_density_2",
    '1,007,1,"x, y",2,9',
    "3,NA,4,,5,9",
    "",
  ]);
  // Scores may be written again; a table of the user's may not be lost.
  const again = ["score", "two.st", "ids.csv", "--missing", "drop", "--out"];
  expect((await bench.run([...again, "kept.csv"])).stderr).toContain("scores: kept.csv (replaced)\n");
  bench.write("judged.csv", ['id,log_density,anomaly,p_value,surprise of a,"surprise of b, c"', "1,2,3,4,5,6"]);
  expect((await bench.run([...again, "judged.csv"])).stderr).toContain("scores: judged.csv (replaced)\n");
  bench.write("own.csv", ["log_density,anomaly,mine", "1,2,3"]);
  expect((await bench.run([...again, "own.csv"])).code).toBe(1);
  expect(await bench.run([...again, "two.csv"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("expected a new file or scores to replace"),
  });
});

test("no rows give no scores, but the header of a file", async () => {
  const { code, stdout } = await bench.run(["score", "two.st", "header.csv", "--json"]);
  expect(JSON.parse(stdout)).toEqual({
    ...{ rows: 0, meanLogDensity: null, standardError: null },
    measure: "density per unit of a, b",
  });
  expect(code).toBe(0);
  expect((await bench.run(["score", "two.st", "header.csv", "--out", "none.csv"])).stderr).toBe(
    "0 rows\nscores: none.csv\n",
  );
  expect(readFileSync(bench.path("none.csv"), "utf8")).toBe("a,b,log_density\n");
});

test("a reader that has seen enough is no error", async () => {
  const { stdout, stderr } = await bench.shell("$P score two.st many.csv | head -n 1");
  expect(stdout).toMatch(/^-\d+\.\d+\n$/);
  expect(stderr).not.toContain("EPIPE");
  expect(stderr).not.toContain("error");
});

describe("errors are one sentence", () => {
  test.each([
    [
      "missing value",
      "two.st missing.csv",
      /^error: missing\.csv line 3, row 2, column "a": expected a value, got an empty field/,
    ],
    ["text", "two.st text.csv", /^error: text\.csv line 3, row 2, column "b": expected a number, got "many"/],
    ["other columns", "two.st other.csv", /^error: other\.csv: expected a column "a", got the columns "x", "y"\.\n$/],
    [
      "unknown category",
      "kind.st codes.csv",
      /^error: codes\.csv, row 6, column "kind": expected one of "u", "v", got "w"\.\n$/,
    ],
    ["no data", "two.st nosuch.csv", /^error: nosuch\.csv: expected a readable file/],
    ["no model", "nosuch.st two.csv", /^error: load: expected to read "nosuch\.st", got ENOENT/],
    ["a folder as model", "folder two.csv", /^error: load: expected "folder" to be a regular file/],
    ["data as model", "two.csv two.csv", /^error: "two\.csv": /],
    ["a cut model", "cut.st two.csv", /^error: "cut\.st": /],
    ["a damaged model", "flipped.st two.csv", /^error: "flipped\.st": .* The file is damaged\./],
    ["foreign safetensors", "foreign.st two.csv", /^error: "foreign\.st": /],
    ["the data as target", "two.st two.csv --out two.csv", /^error: --out two\.csv: expected a file other than/],
    ["the model as target", "two.st two.csv --out two.st", /^error: --out two\.st: expected a file other than/],
    ["a target in no folder", "two.st two.csv --out no/x.csv", /^error: --out no\/x\.csv: expected a folder "no"/],
  ])("%s", async (_, args, stderr) => {
    const outcome = await bench.run(["score", ...args.split(" ")]);
    expect(outcome.stderr).toMatch(stderr);
    expect(outcome.stderr.trimEnd()).not.toContain("\n");
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
  });
});

test("a model whose weights overflow is told, not printed as NaN", async () => {
  const { model, metadata } = decodeModel<Flow>(readFileSync(bench.path("two.st")), standardRegistry);
  for (const [path, parameter] of model.parameters()) {
    if (parameter.trainable && path.endsWith("weight")) parameter.write(parameter.read().map(() => 3e38));
  }
  writeFileSync(bench.path("huge.st"), encodeModel(model, standardRegistry, { metadata }));
  model.dispose();
  const { code, stdout, stderr } = await bench.run(["score", "huge.st", "two.csv"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/two\.csv, row \d+: expected a log-density, got NaN.* Weights of the model overflow float32/);
});

test("rows far away have the lowest log-densities of all, and −Infinity beyond float32", async () => {
  bench.write("far.csv", ["a,b", "0,0", "1e300,0", "0,-1e38"]);
  const { code, stdout } = await bench.run(["score", "two.st", "far.csv"]);
  expect(code).toBe(0);
  const [near, infinite, far] = stdout.trim().split("\n").map(Number);
  expect(near).toBeGreaterThan(-10);
  expect(infinite).toBe(Number.NEGATIVE_INFINITY);
  expect(far).toBeLessThan(-200);
});
