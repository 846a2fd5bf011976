import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { type OnnxRows, runOnnx } from "../../../../packages/onnx/test/run-onnx.ts";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
afterAll(() => bench.remove());

test("a model of auto is exported as ONNX, and gives the densities of score", async () => {
  const rows = normalRows(200, 2);
  bench.write("rows.csv", ["a,b", ...rows.map(String)]);
  const fitted = await bench.run(["fit", "rows.csv", "--epochs", "2", "--no-anomalies", "--out", "model.st"]);
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

test("what is no ONNX file is not replaced, and options of one format are refused by another", async () => {
  bench.write("rows.csv", ["a,b", ...normalRows(60, 2).map(String)]);
  await bench.run(["fit", "rows.csv", ...SMALL, "--flow", "maf", "--out", "maf.st"]);
  const onto = await bench.run(["export", "maf.st", "--to", "onnx", "--out", "rows.csv"]);
  expect(onto.stderr).toMatch(/expected a new file or an ONNX file to replace, got one that exists/);
  const task = await bench.run(["export", "maf.st", "--to", "zuko", "--task", "sampler", "--out", "out.st"]);
  expect(task).toMatchObject({ code: 2, stderr: /--task sampler: expected --to onnx, got --to zuko/ });
  const layout = await bench.run(["export", "maf.st", "--to", "onnx", "--layout", "original", "--out", "out.onnx"]);
  expect(layout.stderr).toMatch(/--layout original: expected --to nflows, got --to onnx/);
});
