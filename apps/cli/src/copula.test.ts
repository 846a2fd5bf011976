import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Workbench } from "./command.test-support.ts";

// A model that no command knows by name: all of them use the interface of a model of a table.

const bench = new Workbench();
const ROWS = 120;

/** Sizes that grow with a group, and prices that follow the sizes and are missing now and then. */
function line(i: number): string {
  const group = i % 3 === 0 ? "pear" : "fig";
  const size = (group === "pear" ? 60 : 40) + ((i * 37) % 11);
  return `${group},${size},${i % 10 === 0 ? "" : `$${(size / 2 + ((i * 7) % 5) / 4).toFixed(2)}`}`;
}

beforeAll(async () => {
  bench.write("fruit.csv", ["group,size,price", ...Array.from({ length: ROWS }, (_, i) => line(i))]);
  const { code, stdout } = await bench.run(["fit", "fruit.csv", "--flow", "copula", "--out", "fruit.st", "--json"]);
  const report = JSON.parse(stdout);
  expect([code, report.flow, report.features, report.context]).toEqual([0, "copula", 3, 0]);
  expect(report.validationNll).toBeLessThan(12);
});
afterAll(() => bench.remove());

test("has probabilities of conditions", async () => {
  const asked = async (...args: string[]) => {
    const { code, stdout, stderr } = await bench.run(["probability", "fruit.st", "--json", ...args]);
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout);
  };
  const pears = await asked("--of", "group=pear");
  expect(Math.abs(pears.probability - 1 / 3)).toBeLessThan(0.08);
  const large = await asked("--of", "size>50", "--given", "group=pear", "--draws", "1000");
  expect([large.isExact, large.standardError < 0.03]).toEqual([false, true]);
  // The ratio of two probabilities of rows that are drawn without conditions.
  const both = await asked("--of", "size>50,group=pear", "--draws", "20000");
  const all = await asked("--of", "group=pear", "--draws", "20000");
  expect(Math.abs(large.probability - both.probability / all.probability)).toBeLessThan(4 * large.standardError);
});

test("scores rows, with anomalies and reasons, and refuses densities of cells", async () => {
  bench.write("new.csv", ["group,size,price", "fig,45,$22.50", "fig,45,$80.00", "fig,44.5,$22.50", "kiwi,45,$22.50"]);
  const { code, stdout, stderr } = await bench.run(["score", "fruit.st", "new.csv"]);
  const [good, odd, offGrid, unseen] = stdout.trim().split("\n").map(Number) as [number, number, number, number];
  expect(code).toBe(0);
  expect(odd).toBeLessThan(good - 3);
  expect(offGrid).toBeLessThan(good - 3);
  expect(offGrid).toBeGreaterThan(Number.NEGATIVE_INFINITY);
  expect(unseen).toBeLessThan(good);
  expect(stderr).toContain('1 cell has a category that no training row had (1 in "group")');
  const top = await bench.run(["score", "fruit.st", "new.csv", "--top", "1", "--json"]);
  expect(JSON.parse(top.stdout).top).toHaveLength(1);
  const cells = await bench.run(["score", "fruit.st", "new.csv", "--cells", "--out", "cells.csv"]);
  expect([cells.code, cells.stderr]).toEqual([1, expect.stringContaining("density of single cells")]);
});

test("draws rows as the file has them, also given something", async () => {
  const { stdout } = await bench.run(["sample", "fruit.st", "-n", "50"]);
  const [head, ...rows] = stdout.trim().split("\n") as [string, ...string[]];
  expect([head, rows.length]).toEqual(["group,size,price", 50]);
  for (const row of rows) expect(row).toMatch(/^(pear|fig),\d\d,(\$\d\d\.\d\d)?$/);
  const given = await bench.run(["sample", "fruit.st", "-n", "20", "--given", "group=pear,size>60"]);
  for (const row of given.stdout.trim().split("\n").slice(1)) expect(row).toMatch(/^pear,6[1-9]|^pear,70/);
});

test("fills cells, reports, and draws pictures", async () => {
  expect(await bench.run(["impute", "fruit.st", "fruit.csv", "--out", "filled.csv"])).toMatchObject({ code: 0 });
  expect(readFileSync(bench.path("filled.csv"), "utf8")).not.toMatch(/,$/m);
  const report = await bench.run(["report", "fruit.st", "fruit.csv", "--out", "page.html", "--json"]);
  expect([report.code, JSON.parse(report.stdout).data]).toEqual([0, "fruit.csv"]);
  expect(await bench.run(["plot", "fruit.st", "--data", "fruit.csv", "--out", "fruit.svg"])).toMatchObject({ code: 0 });
  const { stdout } = await bench.run(["inspect", "fruit.st"]);
  expect(stdout).toContain("dependence by a Gaussian copula");
  expect(await bench.run(["watch", "fruit.st", "fruit.csv"])).toMatchObject({ code: 0 });
});

test("is exported to ONNX with the names of its columns", async () => {
  for (const task of ["density", "sampler"]) {
    const args = ["export", "fruit.st", "--to", "onnx", "--task", task, "--out", `${task}.onnx`];
    expect(await bench.run(args)).toMatchObject({ code: 0 });
    expect(readFileSync(bench.path(`${task}.onnx`), "latin1")).toContain('[{"name":"group","kind":"category"');
  }
});

test("options of networks and contexts are refused", async () => {
  for (const option of [
    ["--epochs", "3"],
    ["--bins", "4"],
    ["--context", "group"],
    ["--members", "2"],
  ]) {
    const refused = await bench.run(["fit", "fruit.csv", "--flow", "copula", "--out", "no.st", ...option]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`${option[0]}: expected --flow auto`)]);
  }
});
