// Simulators in Web Workers give the rows of Node.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { simulate } from "@pushforward/inference";
import type { Browser, Page } from "playwright-core";
import { createKey, Uniform, useBackend } from "pushforward";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { noisyMean } from "./noisy-mean.ts";
import type { SimulatorWay } from "./simulators-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";

let browser: Browser;
let server: StaticServer;
let folder: string;
let page: Page;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulators-"));
  const here = dirname(fileURLToPath(import.meta.url));
  const result = await build({
    configFile: false,
    logLevel: "error",
    root: here,
    base: "./",
    // The packages as they are published.
    resolve: { conditions: ["module", "browser", "development|production"] },
    worker: { format: "es" },
    build: {
      outDir: folder,
      target: "es2022",
      assetsInlineLimit: 0,
      emptyOutDir: true,
      rolldownOptions: { input: join(here, "simulators-page.ts"), output: { entryFileNames: "simulators.js" } },
    },
  });
  const { output } = result as { readonly output: readonly { readonly code?: string }[] };
  bundle = output.map(({ code }) => code ?? "").join("\n");
  await writeFile(join(folder, "index.html"), '<!doctype html><script type="module" src="simulators.js"></script>');
  await writeFile(
    join(folder, "simulator.js"),
    "export default ([mean], key) => Float64Array.from(key.normal(3), (z) => mean + z);",
  );
  server = await staticServer(folder);
  browser = await openBrowser();
  page = await browser.newPage();
  await page.goto(server.address);
  await page.waitForFunction(() => "runSimulations" in globalThis);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

function run(way: SimulatorWay): Promise<number[]> {
  return page.evaluate(
    (name) => (globalThis as unknown as { runSimulations(way: string): Promise<number[]> }).runSimulations(name),
    way,
  );
}

test("a served module and a bundled worker give the rows of Node", async () => {
  await useBackend("cpu");
  const prior = new Uniform({ low: [-1], high: [1] });
  const { data } = await simulate({ prior, simulator: noisyMean, simulations: 30 }, { key: createKey(8) });
  expect(data.data).toHaveLength(90);
  for (const way of ["module", "bundled"] as const) expect(await run(way), way).toEqual(Array.from(data.data));
});

test("a module that is not there is named", async () => {
  await expect(run("broken")).rejects.toThrow(
    /workerSimulator: expected a module whose default export is a function, got http.*absent\.js: /,
  );
});

test("no module of Node is in the bundle", () => {
  expect(bundle).toContain("expected Web Workers");
  expect(bundle).not.toMatch(/(from|import)\s*\(?\s*["'`](node:)?(worker_threads|os)["'`]|__vite-browser-external/);
});
