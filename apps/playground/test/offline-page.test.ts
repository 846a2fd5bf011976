// The page of `pushforward export --html`, opened from a file as a reader does. Its looks are tested with `npm run verify`.
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { command } from "./command.ts";
import { downloaded, type OpenPage, openPage } from "./open-page.ts";
import { MINUTE } from "./visit-settings.ts";

const ROWS = Array.from({ length: 60 }, (_, i) => [Math.sin(i), 100 + 5 * Math.cos(3 * i) + Math.sin(i) ** 2, i % 3]);
const csv = (rows: readonly (readonly number[])[], names: readonly string[]): string =>
  `${[names, ...rows].map((row) => row.join(",")).join("\n")}\n`;

/** The log-densities in the first column of some CSV. */
const firstColumn = (text: string): number[] =>
  text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => Number(line.split(",")[0]));

describe("an offline page", { timeout: MINUTE }, () => {
  let browser: Browser;
  let folder: string;
  const path = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "offline-page-"));
    await writeFile(path("rows.csv"), csv(ROWS, ["x", "<b>y</b>", "group"]));
    const small = ["--flow", "nsf", "--epochs", "3", "--transforms", "1", "--hidden", "8", "--no-anomalies"];
    await command("fit", path("rows.csv"), "--columns", "x,<b>y</b>", "--out", path("two.safetensors"), ...small);
    const given = ["--columns", "x", "--context", "<b>y</b>"];
    await command("fit", path("rows.csv"), ...given, "--out", path("given.safetensors"), ...small);
    await command("export", path("two.safetensors"), "--html", path("two.html"));
    await command("export", path("given.safetensors"), "--html", path("given.html"));
    browser = await openBrowser();
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(name: string, colors: "light" | "dark", width = 1000): Promise<OpenPage> {
    const opened = await openPage(browser, pathToFileURL(path(name)).href, "", { colors, width });
    await opened.page.waitForFunction(() => document.body.dataset["ready"] === "true", null, { timeout: 20_000 });
    return opened;
  }

  const status = (page: Page): Promise<string> => page.locator("#status").innerText();

  test("scores rows as the command line does, and refuses what it cannot read", async () => {
    const { page, context, expectQuiet } = await open("two.html", "light");
    await page.locator("#rows-file").setInputFiles(path("rows.csv"));
    await page.getByText("60 rows scored").waitFor();
    const scores = await downloaded(page, "Download scores");
    await command("score", path("two.safetensors"), path("rows.csv"), "--out", path("scores.csv"));
    const expected = (await readFile(path("scores.csv"), "utf8")).trim().split("\n");
    const column = expected[0]?.split(",").indexOf("log_density") as number;
    const values = expected.slice(1).map((line) => Number(line.split(",")[column]));
    const got = firstColumn(await readFile(scores.path, "utf8"));
    expect(got).toHaveLength(60);
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(values[i] as number, 4);
    await page.getByLabel("Rows", { exact: true }).fill("x,<b>y</b>\n1,two\n");
    await page.getByRole("button", { name: "Score", exact: true }).click();
    expect(await status(page)).toMatch(/line 2/);
    expectQuiet();
    await context.close();
  });

  test("draws the samples of the command line, by the keyboard alone", async () => {
    const { page, context, expectQuiet } = await open("two.html", "dark");
    await page.getByLabel("Number").fill("50");
    await page.getByLabel("Seed").fill("7");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("50 samples drawn").waitFor();
    const samples = await downloaded(page, "Download samples");
    await command("sample", path("two.safetensors"), "-n", "50", "--seed", "7", "--out", path("samples.csv"));
    const [got, expected] = await Promise.all(
      [samples.path, path("samples.csv")].map(async (file) => firstColumn(await readFile(file, "utf8"))),
    );
    expect(got).toHaveLength(50);
    for (const [i, value] of (got as number[]).entries()) expect(value).toBeCloseTo(expected?.[i] as number, 3);
    expectQuiet();
    await context.close();
  });

  test.each([
    { name: "two.html", colors: "light", width: 1000 },
    { name: "two.html", colors: "dark", width: 360 },
    { name: "given.html", colors: "light", width: 360 },
  ] as const)("$name, $colors, $width pixels wide: a picture, accessible, no wider than the screen", async (one) => {
    const { page, context, expectQuiet } = await open(one.name, one.colors, one.width);
    await page.locator("#picture svg").first().waitFor();
    await page.getByRole("button", { name: "Draw" }).click();
    await page.getByText("samples drawn").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(one.width);
    // Names of columns are text.
    expect(await page.locator("b").count()).toBe(0);
    expectQuiet();
    expect(await axeViolations(page)).toEqual([]);
    await context.close();
  });

  test("the density of one column follows what is given", async () => {
    const { page, context, expectQuiet } = await open("given.html", "light");
    const picture = () => page.locator("#picture").innerHTML();
    const before = await picture();
    await page.getByLabel("<b>y</b>").fill("104");
    await page.getByLabel("<b>y</b>").press("Enter");
    expect(await picture()).not.toBe(before);
    expectQuiet();
    await context.close();
  });

  test("it is small", async () => {
    expect((await stat(path("two.html"))).size).toBeLessThan(170_000);
  });
});
