import { afterAll, beforeAll, expect, test } from "vitest";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();

beforeAll(async () => {
  bench.write("rows.csv", ["a,b", ...normalRows(60, 2).map(String)]);
  await bench.fit(["rows.csv", "--flow", "maf", ...SMALL, "--out", "model.st"]);
});
afterAll(() => bench.remove());

test.each([
  [["sample", "model.st", "-n", "2", "--out", "r.csv.gz"], ".csv, .tsv"],
  [["sample", "model.st", "-n", "2", "--out", "r.xlsx"], ".parquet"],
  [["score", "model.st", "rows.csv", "--out", "r.npy"], ".jsonl"],
  [["impute", "model.st", "rows.csv", "--out", "r.zst"], ".arrow"],
  [["report", "model.st", "rows.csv", "--out", "r.pdf"], ".html, .htm"],
  [["plot", "model.st", "--out", "r.jpg"], ".svg or .png"],
  [["export", "model.st", "--to", "onnx", "--out", "r.pb"], ".onnx"],
  [["export", "model.st", "--to", "zuko", "--out", "r.pt"], ".safetensors"],
  [["export", "model.st", "--html", "r.pdf"], ".html"],
  [["fit", "rows.csv", "--out", "r.pkl"], ".safetensors, .st"],
])("%j is refused with the ends that are known", async (command, ends) => {
  const { code, stdout, stderr } = await bench.run(command);
  expect(code).toBeGreaterThan(0);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^error: .*expected .*end.* in .*, got .*\n$/s);
  expect(stderr).toContain(ends);
});
