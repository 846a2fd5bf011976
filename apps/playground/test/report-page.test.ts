// The page of `pushforward report`, opened as a reader does. It runs with `npm run verify`.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { command } from "./command.ts";
import { mixedCsv } from "./mixed-csv.ts";
import { openPage } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE } from "./visit-settings.ts";

describe("the page of a report", { timeout: MINUTE }, () => {
  let browser: Browser;
  let folder: string;
  let server: StaticServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "report-page-"));
    const [data, holdout, model] = ["data.csv", "holdout.csv", "model.st"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const [header, ...lines] = mixedCsv().trimEnd().split("\n");
    await writeFile(data, [header, ...lines.slice(100), ""].join("\n"));
    await writeFile(holdout, [header, ...lines.slice(0, 100), ""].join("\n"));
    await command(
      "fit",
      data,
      "--out",
      model,
      "--flow",
      "table",
      "--epochs",
      "2",
      "--hidden",
      "8",
      "--members",
      "1",
      "--json",
    );
    await command("report", model, data, "--holdout", holdout, "--out", join(folder, "report.html"), "--json");
    browser = await openBrowser();
    server = await staticServer(folder);
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each([
    { colors: "light", width: 1280 },
    { colors: "dark", width: 1280 },
    { colors: "light", width: 360 },
  ] as const)(
    "$colors, $width pixels wide: quiet, readable, and no wider than the screen",
    async ({ colors, width }) => {
      const { page, context, expectQuiet } = await openPage(browser, `${server.address}report.html`, "", {
        colors,
        width,
      });
      const shown = page.locator(".plot svg:visible");
      expect(await shown.count()).toBe((await page.locator(".plot svg").count()) / 2);
      expect(await page.locator(`.for-${colors} svg:visible`).count()).toBe(await shown.count());
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await axeViolations(page)).toEqual([]);
      expectQuiet();
      await context.close();
    },
  );

  test("on paper it is light, whatever the screen is", async () => {
    const { page, context } = await openPage(browser, `${server.address}report.html`, "", { colors: "dark" });
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".for-dark svg:visible").count()).toBe(0);
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(255, 255, 255)");
    await context.close();
  });
});
