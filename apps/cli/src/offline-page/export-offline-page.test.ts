import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcomeOf, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
const rows = Array.from({ length: 60 }, (_, i) => `${Math.sin(i)},${i % 7},${i % 2 === 0 ? "a" : "b"}`);

beforeAll(async () => {
  bench.write("rows.csv", ["x,y,group", ...rows]);
  await bench.fit(["rows.csv", "--columns", "x,y", "--flow", "maf", "--out", "flow.st", ...SMALL]);
});

afterAll(() => bench.remove());

test("writes a page with a policy, once, and replaces only what it wrote", async () => {
  // The scripts of the page are part of the bundle.
  const first = await outcomeOf(bench.start(["export", "flow.st", "--html", "page.html"]));
  expect(first.stderr).toMatch(/^page: page\.html, \d+ kB\n$/);
  const page = (await readFile(bench.path("page.html"), "utf8")).replaceAll("&#39;", "'");
  expect(page).toMatch(/default-src 'none'; script-src 'sha256-[^']{44}' 'sha256-[^']{44}' 'wasm-unsafe-eval'/);
  // Everything is in it: no address of anything else.
  expect(page.replaceAll(/<script.*?<\/script>/gs, "")).not.toMatch(/(src|href)=|https?:/);
  const second = await outcomeOf(bench.start(["export", "flow.st", "--html", "page.html"]));
  expect(second.stderr).toMatch(/page\.html \(replaced\)/);
  const refused = await bench.run(["export", "flow.st", "--html", "rows.csv"]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/a page of a model to replace/)]);
});

test("a density of columns of other kinds is refused", async () => {
  await bench.fit([
    "rows.csv",
    "--flow",
    "table",
    "--epochs",
    "1",
    "--hidden",
    "4",
    "--members",
    "1",
    "--validation",
    "0.2",
    "--no-anomalies",
    "--out",
    "table.st",
  ]);
  const { code, stderr } = await bench.run(["export", "table.st", "--html", "table.html"]);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/expected a flow of numeric columns for --html/)]);
});

test("a page or a state_dict", async () => {
  const both = await bench.run(["export", "flow.st", "--html", "page.html", "--to", "zuko", "--out", "a.st"]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/--html.*cannot be used with option/)]);
  const neither = await bench.run(["export", "flow.st"]);
  expect([neither.code, neither.stderr]).toEqual([2, expect.stringMatching(/--to <format>' not specified/)]);
});
