// A sample of the laws of the packages in a browser, on both backends.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import type { LawsReport } from "./laws-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";

describe("laws in a browser", { timeout: 600_000 }, () => {
  let browser: Browser;
  let server: StaticServer;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "laws-"));
    const here = dirname(fileURLToPath(import.meta.url));
    await build({
      configFile: false,
      logLevel: "error",
      root: here,
      base: "./",
      resolve: { conditions: ["@pushforward/source", "module", "browser", "development|production"] },
      build: {
        outDir: folder,
        target: "es2022",
        assetsInlineLimit: 0,
        emptyOutDir: true,
        rolldownOptions: { input: join(here, "laws-page.ts"), output: { entryFileNames: "laws.js" } },
      },
    });
    await writeFile(
      join(folder, "index.html"),
      '<!doctype html><title>laws</title><script type="module" src="laws.js"></script>',
    );
    server = await staticServer(folder);
    browser = await openBrowser();
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const backend of ["cpu", "wasm"] as const) {
    test(`hold on ${backend}`, async () => {
      const page = await browser.newPage({ locale: "en-GB" });
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(server.address);
      await page.waitForFunction(() => "runLaws" in globalThis);
      const report = await page.evaluate(
        (name) => (globalThis as unknown as { runLaws(name: string): Promise<LawsReport> }).runLaws(name),
        backend,
      );
      expect(report.broken).toEqual([]);
      expect(report.cases.length).toBeGreaterThan(15);
      expect(report.laws).toBeGreaterThan(150);
      expect(errors).toEqual([]);
      await page.close();
    });
  }
});
