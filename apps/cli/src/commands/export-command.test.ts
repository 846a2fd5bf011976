import { readFileSync } from "node:fs";
import { createKey } from "pushforward";
import { afterAll, expect, test } from "vitest";
import { type OnnxRows, runOnnx } from "../../../../packages/onnx/test/run-onnx.ts";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
afterAll(() => bench.remove());

test("a model of auto is exported as ONNX, and gives the densities of score", async () => {
  const rows = normalRows(200, 2);
  bench.write("rows.csv", ["a,b", ...rows.map(String)]);
  const fitted = await bench.run([
    "fit",
    "rows.csv",
    "--epochs",
    "2",
    "--hidden",
    "8",
    "--no-anomalies",
    "--out",
    "model.st",
  ]);
  expect(fitted.code).toBe(0);
  const exported = await bench.run(["export", "model.st", "--to", "onnx", "--out", "density.onnx"]);
  expect(exported).toEqual({ code: 0, stdout: "", stderr: "density as ONNX: density.onnx\n" });
  const scores = (await bench.run(["score", "model.st", "rows.csv"])).stdout.trim().split("\n");
  const x: OnnxRows = { shape: [rows.length, 2], values: rows.flat() };
  const { values } = await runOnnx(readFileSync(bench.path("density.onnx")), { x });
  expect(scores).toHaveLength(rows.length);
  for (const [i, score] of scores.entries()) expect(values[i]).toBeCloseTo(Number(score), 4);

  const again = await bench.run(["export", "model.st", "--to", "onnx", "--task", "sampler", "--out", "density.onnx"]);
  expect(again.stderr).toBe("sampler as ONNX: density.onnx (replaced)\n");
});

test.runIf(DEEP)("so is a model of a table with categories and missing cells", async () => {
  const words = ["red", "blue", "", "green"];
  const rows = normalRows(120, 2).map(([a = 0, b = 0], i) => [(10 * a).toFixed(1), b < 2 ? b : "", words[i % 4]]);
  bench.write("mixed.csv", ["a,b,color", ...rows.map(String)]);
  const small = ["--epochs", "2", "--hidden", "8", "--members", "1", "--validation", "0.2", "--no-anomalies"];
  const fitted = await bench.run(["fit", "mixed.csv", ...small, "--out", "mixed.st"]);
  expect(fitted.stderr).not.toMatch(/^error/m);
  const exported = await bench.run(["export", "mixed.st", "--to", "onnx", "--out", "mixed.onnx"]);
  expect(exported).toEqual({ code: 0, stdout: "", stderr: "density as ONNX: mixed.onnx\n" });
  const scores = (await bench.run(["score", "mixed.st", "mixed.csv"])).stdout.trim().split("\n").map(Number);
  const file = readFileSync(bench.path("mixed.onnx"));
  const columns = onnxColumns(file);
  const cell = (
    row: readonly (string | number | undefined)[],
    { name, categories }: (typeof columns)[number],
  ): number => {
    const text = String(row[["a", "b", "color"].indexOf(name)]);
    if (text === "") return Number.NaN;
    return categories === undefined ? Number(text) : categories.indexOf(text);
  };
  const x: OnnxRows = {
    shape: [rows.length, 3],
    values: rows.flatMap((row) => columns.map((column) => cell(row, column))),
  };
  const { values } = await runOnnx(file, { x });
  expect(scores).toHaveLength(rows.length);
  for (const [i, score] of scores.entries()) expect(values[i], `row ${i}`).toBeCloseTo(score, 4);

  const task = ["--task", "sampler", "--out", "sampler.onnx"];
  expect((await bench.run(["export", "mixed.st", "--to", "onnx", ...task])).code).toBe(0);
  const drawn = await runOnnx(readFileSync(bench.path("sampler.onnx")), (widths) =>
    Object.fromEntries(
      [...widths].map(([name, width]) => [name, { shape: [9, width], values: noise(name, 9 * width) }]),
    ),
  );
  expect(drawn.shape).toEqual([9, 3]);
  for (const [k, { categories }] of columns.entries()) {
    const own = Array.from({ length: 9 }, (_, i) => drawn.values[3 * i + k] as number);
    const isPlace = (x: number): boolean => Number.isNaN(x) || ["red", "blue", "green"].includes(categories?.[x] ?? "");
    if (categories !== undefined) expect(own.every(isPlace)).toBe(true);
    else expect(own.some(Number.isFinite)).toBe(true);
  }
});

function noise(kind: string, count: number): Float32Array {
  const key = createKey(kind);
  return kind === "normal" ? key.normal(count) : key.uniform(count);
}

/** The columns that a file names, which stand in it as JSON. */
function onnxColumns(file: Uint8Array): { readonly name: string; readonly categories?: readonly string[] }[] {
  const text = new TextDecoder().decode(file);
  const from = text.lastIndexOf('[{"name"');
  return JSON.parse(text.slice(from, text.lastIndexOf("}]") + 2));
}

test("what is no ONNX file is not replaced, and options of one format are refused by another", async () => {
  bench.write("rows.csv", ["a,b", ...normalRows(60, 2).map(String)]);
  bench.write("rows.onnx", ["no model"]);
  await bench.run(["fit", "rows.csv", ...SMALL, "--flow", "maf", "--out", "maf.st"]);
  const onto = await bench.run(["export", "maf.st", "--to", "onnx", "--out", "rows.onnx"]);
  expect(onto.stderr).toMatch(/expected a new file or an ONNX file to replace, got an existing one/);
  const task = await bench.run(["export", "maf.st", "--to", "zuko", "--task", "sampler", "--out", "out.st"]);
  expect(task).toMatchObject({ code: 2, stderr: /--task sampler: expected --to onnx, got --to zuko/ });
  const layout = await bench.run(["export", "maf.st", "--to", "onnx", "--layout", "original", "--out", "out.onnx"]);
  expect(layout.stderr).toMatch(/--layout original: expected --to nflows, got --to onnx/);
});
