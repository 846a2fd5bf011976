import { saveModel } from "@pushforward/serialization/node";
import { createKey, maf, standardRegistry, Uniform } from "pushforward";
import { afterAll, beforeAll, expect, test } from "vitest";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
let report: Record<string, unknown>;

beforeAll(async () => {
  bench.write("data.csv", ["a,b,kind", ...normalRows(40, 2).map(([a, b], i) => `${a},${b},${"uv"[i % 2]}`)]);
  report = await bench.fit(["data.csv", "--out", "model.st", "--flow", "maf", "--context", "kind", ...SMALL]);
});
afterAll(() => bench.remove());

test("--json holds the metadata, the tree and the parameters", async () => {
  const { code, stdout, stderr } = await bench.run(["inspect", "model.st", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { metadata, model, parameters, plan } = JSON.parse(stdout);
  expect(plan).toEqual({ steps: expect.any(Number) });
  expect(metadata.table).toEqual({
    columns: ["a", "b"],
    context: [{ name: "kind", kind: "category", categories: ["u", "v"] }],
  });
  expect(metadata.fit).toEqual({ ...report, stopped: "completed", seed: 0, nonNegative: [] });
  expect(model.type).toBe("pushforward/conditional-flow");
  const count = (parameters as { shape: number[]; trainable: boolean }[])
    .filter((p) => p.trainable)
    .reduce((sum, p) => sum + p.shape.reduce((product, size) => product * size, 1), 0);
  expect(count).toBe(report["parameters"]);
});

test("text names columns, context, figures and layers", async () => {
  const { stdout } = await bench.run(["inspect", "model.st", "--verbose"]);
  expect(stdout).toMatch(
    /^model\.st: \d+ parameters in \d+ arrays\ncolumns: a, b\ncontext: kind \(u, v\)\nfit: flow maf, /,
  );
  expect(stdout).toMatch(/\ndensity computed by: a plan of \d+ steps\n/);
  expect(stdout).toMatch(/\nconditional-flow: [\d,]+ parameters\n/);
  expect(stdout).toMatch(/ made \(.*\): [\d,]+ parameters\n/);
  expect(stdout).toMatch(/\.weight \[\d+, \d+\]\n/);
});

test("without --verbose a model fits on a screen", async () => {
  const { stdout } = await bench.run(["inspect", "model.st"]);
  expect(stdout).toMatch(/\nfit: flow maf, features 2, .*seed 0\n/);
  expect(stdout).toMatch(/\nconditional-flow: [\d,]+ parameters\n/);
  expect(stdout).not.toMatch(/\.weight \[|null|\[\]/);
  expect(stdout).toMatch(/\n\d+ more lines with --verbose\n$/);
  expect(stdout.split("\n").length).toBeLessThan(24);
});

test("why a density needs tensors", async () => {
  const base = new Uniform({ low: [0, 0], high: [1, 1] });
  using flow = maf({ features: 2, transforms: 1, hidden: [4], key: createKey(0), base });
  await saveModel(bench.path("box.st"), flow, standardRegistry);
  const { stdout } = await bench.run(["inspect", "box.st"]);
  expect(stdout).toContain("density computed by: tensors, because Uniform is computed with tensors only\n");
});

test("a model that no command saved can be inspected, but not scored", async () => {
  using flow = maf({ features: 2, transforms: 1, hidden: [4], key: createKey(0) });
  await saveModel(bench.path("library.st"), flow, standardRegistry);
  const inspected = await bench.run(["inspect", "library.st"]);
  expect(inspected.stdout).toMatch(/\nflow: [\d,]+ parameters\n/);
  const scored = await bench.run(["score", "library.st", "data.csv"]);
  expect(scored).toMatchObject({ code: 1, stdout: "" });
  expect(scored.stderr).toMatch(
    /^error: "library\.st": expected a model that `pushforward fit` or `pushforward import` saved/,
  );
});

test("columns that do not fit the flow are refused", async () => {
  using flow = maf({ features: 2, transforms: 1, hidden: [4], key: createKey(0) });
  await saveModel(bench.path("odd.st"), flow, standardRegistry, {
    metadata: { table: { columns: ["a"], context: [] } },
  });
  const { code, stderr } = await bench.run(["score", "odd.st", "data.csv"]);
  expect(stderr).toMatch(/^error: "odd\.st": expected as many columns as the flow has variables \(2\)/);
  expect(code).toBe(1);
});

test("something else than a model", async () => {
  const { code, stderr } = await bench.run(["inspect", "data.csv"]);
  expect(stderr).toMatch(/^error: "data\.csv": .*\n$/);
  expect(code).toBe(1);
});
