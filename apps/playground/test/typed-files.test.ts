// Parquet and Arrow files that come in: the code for them is loaded with the first one. All of it runs with `npm run verify`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTable } from "@pushforward/files";
import type { Browser } from "playwright-core";
import { penguins } from "pushforward";
import { afterAll, beforeAll, describe, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { DIST, openFile, openPage, ready } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE } from "./visit-settings.ts";

describe("typed files", { timeout: MINUTE }, () => {
  const folder = mkdtempSync(join(tmpdir(), "pushforward-typed-"));
  let browser: Browser;
  let server: StaticServer;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await staticServer(DIST, { path: "/" });
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true });
  });

  test.each(["birds.parquet", "birds.arrow"])("%s is read as its table", async (name) => {
    const numbers = penguins().columns.filter(({ kind }) => kind === "number");
    await writeTable(join(folder, name), { rows: 342, columns: numbers });
    const { page, context, expectQuiet } = await openPage(browser, server.address, "");
    await ready(page);
    await openFile(page, join(folder, name), name);
    await page.getByText("342 rows. Nothing is sent anywhere.").waitFor();
    await page.getByText("bill_length_mm").first().waitFor({ state: "attached" });
    expectQuiet();
    await context.close();
  });
});
