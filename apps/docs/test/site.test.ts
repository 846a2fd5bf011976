// Visits the built site, as readers do. A deep test: see vitest.config.ts.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "../../playground/test/axe-violations.ts";
import { openBrowser } from "../../playground/test/browser.ts";
import { type OpenOptions, type OpenPage, openPage } from "../../playground/test/open-page.ts";
import { type StaticServer, staticServer } from "../../playground/test/static-server.ts";
import { MINUTE } from "../../playground/test/visit-settings.ts";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");

describe("the documentation site", { timeout: 2 * MINUTE }, () => {
  let browser: Browser;
  let server: StaticServer;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await staticServer(dist);
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const open = async (path: string, options?: OpenOptions): Promise<OpenPage> => {
    const opened = await openPage(browser, `${server.address}${path}`, "", options);
    // The page answers clicks once its program has started.
    await opened.page.waitForFunction(() => Object.hasOwn(document.querySelector("#app") ?? {}, "__vue_app__"));
    return opened;
  };

  test.each([
    ["landing page", "", "Exact densities of tables"],
    ["guide", "guides/write-a-transform.html", "Write your own transform"],
    ["page of a name", "api/flows/nsf.html", "Neural spline flow"],
    ["gallery", "gallery.html", "Two moons"],
  ])("the %s is readable by everyone, in light and dark, and on a phone", async (_name, path, text) => {
    for (const colors of ["light", "dark"] as const) {
      const { page, context, expectQuiet } = await open(path, { colors, reducedMotion: true });
      await page.getByText(text).first().waitFor();
      expect(await page.evaluate(() => document.documentElement.classList.contains("dark"))).toBe(colors === "dark");
      expect(await axeViolations(page)).toEqual([]);
      expectQuiet();
      await context.close();
    }
    const { page, context } = await open(path, { width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await context.close();
  });

  test.each([
    ["impute", /\/guides\//],
    ["anomalies", /\/guides\//],
    ["condition", /\/guides\//],
    ["custom transform", /\/guides\/(write-a-transform|ten-tasks)/],
  ])("the search for “%s” finds a guide first", async (query, expected) => {
    const { page, context, expectQuiet } = await open("");
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.locator(".VPLocalSearchBox input").fill(query);
    const first = page.locator(".VPLocalSearchBox .result").first();
    await first.waitFor();
    expect(await first.getAttribute("href")).toMatch(expected);
    expectQuiet();
    await context.close();
  });

  test("the search finds names, and their pages open", async () => {
    const { page, context, expectQuiet } = await open("guides/your-table.html");
    await page.getByRole("button", { name: "Search" }).first().click();
    await page.locator(".VPLocalSearchBox input").fill("lossPlot");
    await page.locator('.VPLocalSearchBox .result[href*="/api/plots/lossPlot"]').click();
    await page.getByRole("heading", { name: "lossPlot()" }).waitFor();
    await page
      .getByRole("navigation", { name: "Names" })
      .getByRole("link", { name: "contourPlot", exact: true })
      .click();
    await page.getByRole("heading", { name: "contourPlot()" }).waitFor();
    await page.getByRole("link", { name: "Tour", exact: true }).click();
    await page.getByRole("heading", { name: "A tour" }).waitFor();
    expectQuiet();
    await context.close();
  });

  test.each(["guides/your-table.html", "api/transforms/Planar.html"])(
    "%s stays when a reader goes to a part of it and back",
    async (path) => {
      const { page, context, expectQuiet } = await open(path);
      const title = await page.getByRole("heading", { level: 1 }).innerText();
      await page.evaluate(() => {
        const link = document.createElement("a");
        link.href = `#${document.querySelector("main [id]")?.id}`;
        link.textContent = "part";
        document.querySelector("main")?.prepend(link);
      });
      await page.getByRole("link", { name: "part", exact: true }).click();
      expect(new URL(page.url()).hash).not.toBe("");
      await page.goBack();
      await page.waitForTimeout(500);
      expect(new URL(page.url()).hash).toBe("");
      expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe(title);
      expectQuiet();
      await context.close();
    },
  );

  test("a class links to its inherited members on the page of its base", async () => {
    const { page, context, expectQuiet } = await open("api/transforms/Planar.html");
    await page.getByRole("link", { name: "inverseShape", exact: true }).click();
    await page.waitForURL("**/api/core/extend.html#abstractbijectioninverseshape");
    expect(await page.locator("#abstractbijectioninverseshape").innerText()).toBe("inverseShape()");
    expectQuiet();
    await context.close();
  });

  test("examples run in the page, with changes, and draw", async () => {
    const { page, context, expectQuiet } = await open("tour.html");
    const boxes = page.locator(".run-box");
    const run = async (index: number): Promise<string[]> => {
      const box = boxes.nth(index);
      await box.getByRole("button", { name: "Run" }).click();
      await ended(page, index);
      return await box.locator(".run-output pre").allInnerTexts();
    };
    expect(await run(1)).toEqual(["[600, 2]"]);
    await boxes.nth(1).getByRole("button", { name: "Edit" }).click();
    const code = page.getByLabel("Code of the example");
    await code.fill((await code.inputValue()).replace("600", "50"));
    expect(await run(1)).toEqual(["[50, 2]"]);
    await code.fill("null.length;");
    expect((await run(1)).join()).toContain("TypeError");
    await boxes.nth(1).getByRole("button", { name: "Reset" }).click();
    // The picture comes from all examples before it.
    expect(await run(6)).toEqual(["true"]);
    const width = boxes.nth(6).locator(".run-output img");
    expect(
      await width.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
    ).toBeGreaterThan(100);
    expectQuiet();
    await context.close();
  });

  test("at least eight guides have examples that can run", () => {
    const names = [
      "angles-and-the-sphere",
      "big-tables",
      "check-a-posterior",
      "from-pytorch",
      "infer-from-a-simulator",
    ];
    for (const name of [...names, "ten-tasks", "watch-a-stream", "write-a-transform", "your-table"]) {
      expect(readFileSync(join(dist, "guides", `${name}.html`), "utf8"), name).toContain('class="run-box"');
    }
  });

  test("the gallery has twelve pictures, each with its code", async () => {
    const { page, context } = await open("gallery.html");
    const links = await page.locator(".gallery a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(links).toHaveLength(12);
    for (const link of links)
      expect(await page.locator(`[id="${link?.slice(1)}"] ~ .run-box`).count()).toBeGreaterThan(0);
    await context.close();
  });
});

async function ended(page: Page, index: number): Promise<void> {
  await page.waitForFunction(
    (at) => /done|failed/.test(document.querySelectorAll<HTMLElement>(".run-box")[at]?.dataset["state"] ?? ""),
    index,
    { timeout: MINUTE },
  );
}
