import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSafetensors } from "@pushforward/serialization/extend";
import { afterAll, beforeAll, expect, test } from "vitest";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();

interface Fixture {
  readonly x: readonly (readonly number[])[];
  readonly c: readonly (readonly number[])[] | null;
  readonly log_prob_f64: readonly number[];
}

function fixture(name: string): Fixture {
  const path = fileURLToPath(new URL(`../../../../packages/interop/test/fixtures/${name}`, import.meta.url));
  copyFileSync(`${path}.safetensors`, bench.path(`${name}.safetensors`));
  return JSON.parse(readFileSync(`${path}.json`, "utf8")) as Fixture;
}

function writeReference(name: string, columns: string, { x, c, log_prob_f64 }: Fixture): void {
  const rows = x.map((row, i) => [...row, ...(c?.[i] ?? []), log_prob_f64[i]].join(","));
  bench.write(name, [`${columns},log_density`, ...rows]);
}

let spline: Fixture;

beforeAll(() => {
  for (const name of ["zuko_old_141", "zuko_maf_narrow", "nflows_sbi_nsf"]) fixture(name);
  spline = fixture("nflows_maf_spline");
  writeReference("reference.csv", "a,b,given", spline);
});
afterAll(() => bench.remove());

const fromNflows = ["import", "nflows_maf_spline.safetensors", "--from", "nflows", "--spline", "rational-quadratic"];

test("a model of nflows is imported, checked, scored and exported again", async () => {
  const names = ["--columns", "a,b", "--context", "given", "--reference", "reference.csv"];
  const imported = await bench.run([...fromNflows, "--tail-bound", "4", ...names, "--out", "model.st"]);
  expect(imported).toEqual({
    code: 0,
    stdout: "",
    stderr:
      "nflows: 904 parameters, the density of a, b given given\n16 log-densities as in reference.csv\nmodel: model.st\n",
  });

  const scored = await bench.run(["score", "model.st", "reference.csv"]);
  const scores = scored.stdout.trim().split("\n").map(Number);
  for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(spline.log_prob_f64[i] as number, 4);

  const inspected = await bench.run(["inspect", "model.st"]);
  expect(inspected.stdout).toMatch(/columns: a, b\ncontext: given\nimport: library nflows, file nflows_maf_spline/);

  const exported = await bench.run(["export", "model.st", "--to", "nflows", "--out", "back.st"]);
  expect(exported).toEqual({ code: 0, stdout: "", stderr: "state_dict of nflows: back.st\n" });
  const tensors = (file: string) => readSafetensors(readFileSync(bench.path(file))).tensors;
  expect(tensors("back.st")).toEqual(tensors("nflows_maf_spline.safetensors"));
});

test("with a reference the kind of splines need not be told, and a wrong one is found out", async () => {
  const args = ["import", "nflows_maf_spline.safetensors", "--from", "nflows", "--tail-bound", "4", "--out", "kind.st"];
  const asked = await bench.run(args);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain("--spline");
  const names = ["--columns", "a,b", "--context", "given", "--reference", "reference.csv"];
  expect(await bench.run([...args, ...names])).toMatchObject({ code: 0 });
  const linear = fixture("nflows_linear8_coupling_tails");
  writeReference("linear.csv", "a,b,c,d", linear);
  const other = ["import", "nflows_linear8_coupling_tails.safetensors", "--from", "nflows", "--tail-bound", "3"];
  const wrong = await bench.run([...other, "--columns", "a,b,c,d", "--reference", "linear.csv", "--out", "wrong.st"]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("the kind of spline");
});

test("columns have names without being asked; --json", async () => {
  const args = ["import", "zuko_old_141.safetensors", "--from", "zuko", "--flow", "nsf", "--zuko-version", "1.4.1"];
  const { code, stdout, stderr } = await bench.run([...args, "--out", "old.st", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({
    library: "zuko",
    columns: ["x1", "x2"],
    context: ["c1"],
    parameters: expect.any(Number),
    checked: 0,
    model: "old.st",
  });
});

test("the keys of sbi", async () => {
  const out = ["--out", "sbi.st"];
  await bench.run(["import", "nflows_sbi_nsf.safetensors", "--from", "nflows", ...out]);
  const { code } = await bench.run(["export", "sbi.st", "--to", "nflows", "--layout", "sbi", "--out", "sbi-back.st"]);
  expect(code).toBe(0);
  const keys = (file: string) => [...readSafetensors(readFileSync(bench.path(file))).tensors.keys()].sort();
  expect(keys("sbi-back.st")).toEqual(keys("nflows_sbi_nsf.safetensors"));
});

test.each([
  [
    "what the file does not tell",
    fromNflows,
    1,
    /: expected --tail-bound, because the file does not contain the interval/,
  ],
  [
    "the version of zuko",
    ["import", "zuko_old_141.safetensors", "--from", "zuko", "--flow", "nsf"],
    1,
    /: expected --slope or --zuko-version, because .* Pass --zuko-version 1\.4\.1, say\.\n$/,
  ],
  [
    "another library",
    ["import", "zuko_maf_narrow.safetensors", "--from", "nflows"],
    1,
    /library "zuko" in its metadata/,
  ],
  ["an option of the other", [...fromNflows, "--slope", "0.1"], 2, /--slope: expected --from zuko, got --from nflows/],
  ["no library", ["import", "zuko_maf_narrow.safetensors"], 2, /required option '--from <library>' not specified/],
  [
    "names that are too few",
    [...fromNflows, "--tail-bound", "4", "--columns", "a"],
    1,
    /nflows_maf_spline\.safetensors: expected --columns with 2 names, got 1/,
  ],
  [
    "a name for both",
    [...fromNflows, "--tail-bound", "4", "--columns", "a,b", "--context", "a"],
    1,
    /column "a" is named both as a column and as context/,
  ],
  [
    "another density than the reference",
    [...fromNflows, "--tail-bound", "3", "--columns", "a,b", "--context", "given", "--reference", "reference.csv"],
    1,
    /: expected log-density .* of the reference, got /,
  ],
  ["a tolerance of nothing", [...fromNflows, "--tolerance", "1"], 2, /--tolerance: expected --reference, got none/],
  ["no file", ["import", "none.st", "--from", "zuko"], 1, /none\.st: expected a file that can be read, got ENOENT/],
  [
    "no safetensors",
    ["import", "reference.csv", "--from", "zuko"],
    1,
    /^error: reference\.csv: expected a header .*Is it a safetensors file\?\n$/,
  ],
])("%s", async (_, args, code, message) => {
  const outcome = await bench.run([...args, "--out", "out.st"]);
  expect(outcome.stderr).toMatch(message);
  expect(outcome).toMatchObject({ code, stdout: "" });
});

test("a model that the library can't hold is not exported", async () => {
  bench.write("data.csv", ["a,b", ...normalRows(40, 2).map((row) => row.join(","))]);
  await bench.fit(["data.csv", "--out", "ours.st", "--flow", "maf", ...SMALL]);
  const { code, stderr } = await bench.run(["export", "ours.st", "--to", "zuko", "--out", "out.st"]);
  expect(stderr).toMatch(
    /^error: "ours\.st": expected transform\.layers\.0\.family to be of the form that zuko has, got affine of another form\. --to zuko needs a model with the layers of zuko, .* --to onnx takes any model\.\n$/,
  );
  expect(code).toBe(1);
  const wrong = await bench.run(["export", "ours.st", "--to", "zuko", "--layout", "original", "--out", "out.st"]);
  expect(wrong).toMatchObject({ code: 2, stderr: "error: --layout original: expected --to nflows, got --to zuko.\n" });
  writeFileSync(bench.path("noise.st"), "noise");
  expect((await bench.run(["export", "noise.st", "--to", "zuko", "--out", "out.st"])).code).toBe(1);
});
