import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { layoutToJson, openTableModel } from "@pushforward/tables/extend";
import { architectureNames, createFlow, createKey, decodeModel, encodeModel, standardRegistry } from "pushforward";
import { compileModel } from "pushforward/compile";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcomeOf, SMALL, Workbench } from "../command.test-support.ts";
import { decodeBase85, fromPlanes } from "./page-facts.ts";

const bench = new Workbench();
const rows = Array.from({ length: 60 }, (_, i) => `${Math.sin(i)},${i % 7},${i % 2 === 0 ? "a" : "b"}`);

beforeAll(async () => {
  bench.write("rows.csv", ["x,y,group", ...rows]);
  await bench.fit(["rows.csv", "--columns", "x,y", "--flow", "maf", "--out", "flow.st", ...SMALL]);
});

afterAll(() => bench.remove());

test("writes a page with a policy, and replaces only what it wrote", async () => {
  // The scripts of the page are part of the bundle.
  const first = await outcomeOf(bench.start(["export", "flow.st", "--html", "page.html"]));
  expect(first.stderr).toMatch(/^page: page\.html, \d+ kB\n$/);
  const page = (await readFile(bench.path("page.html"), "utf8")).replaceAll("&#39;", "'");
  expect(page).toMatch(/default-src 'none'; script-src 'sha256-[^']{44}' 'sha256-[^']{44}' 'wasm-unsafe-eval'/);
  // Everything is in it: no address of anything else.
  expect(page.replaceAll(/<script.*?<\/script>/gs, "")).not.toMatch(/(src|href)=|https?:/);
  bench.write("own.html", ["<p>a page of somebody</p>"]);
  const refused = await bench.run(["export", "flow.st", "--html", "own.html"]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/a page of a model to replace/)]);
});

test("a model of columns of any kinds has a page with its columns, which replaces the page of another model", async () => {
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
  const { stderr } = await outcomeOf(bench.start(["export", "table.st", "--html", "page.html"]));
  expect(stderr).toMatch(/^page: page\.html \(replaced\), \d+ kB\n$/);
  const page = (await readFile(bench.path("page.html"), "utf8")).replaceAll("&#39;", "'");
  expect(page).toContain("table is a learned density of 3 columns, and this page computes in your browser,");
  expect(page).toMatch(/'wasm-unsafe-eval'; connect-src blob:; style-src/);
  expect(page.replaceAll(/<script.*?<\/script>/gs, "")).not.toMatch(/(src|href)=|https?:/);
  const block = (id: string): Uint8Array =>
    gunzipSync(decodeBase85((new RegExp(`id="${id}">([^<]*)<`).exec(page) as RegExpExecArray)[1] as string));
  // The model of the page is the model of the file, without its companions.
  const { headerBytes } = JSON.parse(/id="facts">([^<]*)</.exec(page)?.[1] ?? "") as { headerBytes: number };
  const decoded = decodeModel(fromPlanes(block("model"), headerBytes), standardRegistry);
  const inPage = openTableModel(decoded.model, decoded.metadata, "page");
  expect(inPage.names).toEqual(["x", "y", "group"]);
  expect(WebAssembly.validate(block("kernels") as Uint8Array<ArrayBuffer>)).toBe(true);
  expect(decoded.companions.size).toBe(0);
});

test.each(architectureNames.flatMap((name) => [0, 1].map((context) => [name, context] as const)))(
  "a flow of %s with %d columns of context has a plan, or is refused with the remedy",
  async (name, context) => {
    const flow = createFlow(name, {
      ...{ features: 2, key: createKey(0), hidden: [4], transforms: 1 },
      context: context === 0 ? undefined : context,
    });
    const given = context === 0 ? [] : [{ name: "c", kind: "number" as const }];
    const table = layoutToJson({ columns: ["a", "b"], context: given });
    writeFileSync(bench.path(`${name}.st`), encodeModel(flow, standardRegistry, { metadata: { table } }));
    const isCompiled = HAVE_PLANS.includes(name);
    if (isCompiled) expect(compileModel(flow).length).toBeGreaterThan(100);
    else {
      const { code, stderr } = await bench.run(["export", `${name}.st`, "--html", "flow.html"]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(
          /^error: "\w+.st": expected a flow .*, got .*tensors only. Fit one with --flow nsf, .* auto\. .*\n$/,
        ),
      ]);
    }
    flow.dispose();
    for (const to of ["zuko", "nflows"]) {
      const { code, stderr } = await bench.run(["export", `${name}.st`, "--to", to, "--out", "state.st"]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^error: "[\w-]+.st": expected .*, got .* --to onnx takes any model.\n$/),
      ]);
    }
  },
);

const HAVE_PLANS = ["nsf", "nsf-coupling", "maf", "iaf", "realNvp", "nice", "sospf", "gf"];

test("a page or a state_dict", async () => {
  const both = await bench.run(["export", "flow.st", "--html", "page.html", "--to", "zuko", "--out", "a.st"]);
  expect([both.code, both.stderr]).toEqual([2, expect.stringMatching(/--html.*cannot be used with option/)]);
  const neither = await bench.run(["export", "flow.st"]);
  expect([neither.code, neither.stderr]).toEqual([2, expect.stringMatching(/--to <format>' not specified/)]);
});
