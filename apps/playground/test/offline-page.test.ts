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
const MIXED = Array.from({ length: 120 }, (_, i) => [
  i % 11 === 0 ? "" : `$${(100 + 5 * Math.cos(3 * i) + 4 * (i % 3)).toFixed(2)}`,
  ["pear", "fig", "plum"][i % 3] as string,
  `${String(1 + (i % 28)).padStart(2, "0")}.0${1 + (i % 6)}.2024`,
  i % 4 === 0 ? "no" : "yes",
]);
const csv = (rows: readonly (readonly (number | string)[])[], names: readonly string[]): string =>
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
    await writeFile(path("mixed.csv"), csv(MIXED, ["<b>price</b>", "kind", "when", "paid"]));
    const table = ["--flow", "table", "--epochs", "2", "--hidden", "8", "--members", "1", "--validation", "0.2"];
    const anyKinds = [path("mixed.csv"), ...table, "--no-anomalies", "--out"];
    await command("fit", ...anyKinds, path("mixed.safetensors"));
    await command("fit", ...anyKinds, path("mixed-given.safetensors"), "--context", "kind,<b>price</b>");
    await command("fit", path("mixed.csv"), "--flow", "copula", "--no-anomalies", "--out", path("copula.safetensors"));
    for (const name of ["mixed", "mixed-given", "copula"]) {
      await command("export", path(`${name}.safetensors`), "--html", path(`${name}.html`));
    }
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

  test("the density of one column follows what is given, and is read at a tap", async () => {
    const { page, context, expectQuiet } = await open("given.html", "light");
    // It starts inside the data, which are between 95 and 106.
    const start = Number(await page.getByLabel("<b>y</b>", { exact: true }).inputValue());
    expect(Math.abs(start - 100.5)).toBeLessThan(3);
    const picture = () => page.locator("#picture").innerHTML();
    const before = await picture();
    await page.getByLabel("<b>y</b>", { exact: true }).fill("104");
    await page.getByLabel("<b>y</b>", { exact: true }).press("Enter");
    const after = await picture();
    expect(after).not.toBe(before);
    await page.getByLabel("<b>y</b>, slider").press("ArrowLeft");
    expect(Number(await page.getByLabel("<b>y</b>", { exact: true }).inputValue())).toBeLessThan(104);
    expect(await picture()).not.toBe(after);
    await page.locator("#picture").scrollIntoViewIfNeeded();
    await page.locator("#picture svg svg").click();
    const reading = await page.locator("#reading").innerText();
    const [, x, logDensity] = (/^x = (\S+): log-density (\S+) nats/.exec(reading) ?? []).map(Number) as [
      number,
      number,
      number,
    ];
    await page
      .getByLabel("Rows", { exact: true })
      .fill(`x,<b>y</b>\n${x},${await page.getByLabel("<b>y</b>", { exact: true }).inputValue()}\n`);
    await page.getByRole("button", { name: "Score", exact: true }).click();
    await page.getByText("1 rows scored").waitFor();
    // The place is written to four digits.
    expect(Number(/mean log-density (\S+) nats/.exec(await status(page))?.[1])).toBeCloseTo(logDensity, 1);
    expectQuiet();
    await context.close();
  });

  /** A field of the form; pictures have the names of columns, too. */
  const field = (page: Page, name: string) => page.locator("#cells").getByLabel(name, { exact: true });

  /** The cells of the form, in the order of the columns. */
  const cells = (page: Page): Promise<string[]> =>
    page
      .locator(".cell > input, .cell > select")
      .evaluateAll((fields) =>
        fields.map((field) =>
          field instanceof HTMLSelectElement
            ? (field.selectedOptions[0]?.text ?? "")
            : (field as HTMLInputElement).value,
        ),
      );

  const densityOf = async (page: Page): Promise<number> => {
    const text = await page.locator("#density").innerText();
    return Number(/: (\S+) nats/.exec(text)?.[1]?.replace("\u2212", "-"));
  };

  test.each(["mixed", "copula", "mixed-given"])(
    "%s: scores a row of any columns as the command line does",
    async (name) => {
      const { page, context, expectQuiet } = await open(`${name}.html`, "light");
      expect(await page.locator("h1 + p").innerText()).toMatch(
        /and this page computes in your browser, without a server\./,
      );
      expect(await page.locator(".cell.context").count()).toBe(name === "mixed-given" ? 2 : 0);
      const names = await page.locator(".cell > label").allInnerTexts();
      const scored = async (): Promise<[got: number, expected: number]> => {
        const row = (await cells(page)).map((cell) => (cell === "(missing)" ? "" : cell));
        await writeFile(path("row.csv"), csv([row], names));
        await command("score", path(`${name}.safetensors`), path("row.csv"), "--out", path("scores.csv"), "--force");
        const [head, values] = (await readFile(path("scores.csv"), "utf8")).trim().split("\n") as [string, string];
        return [await densityOf(page), Number(values.split(",")[head.split(",").indexOf("log_density")])];
      };
      const [first, expected] = await scored();
      expect(Math.abs(first - expected)).toBeLessThan(1e-4);
      await field(page, "kind").selectOption({ label: "plum" });
      await field(page, "<b>price</b>").fill("");
      await field(page, "when").fill("03.05.2024");
      await field(page, "when").press("Enter");
      const [second, expectedThen] = await scored();
      expect(second).not.toBe(first);
      expect(Math.abs(second - expectedThen)).toBeLessThan(1e-4);
      await field(page, "when").fill("2024-05-03");
      await field(page, "when").press("Enter");
      expect(await page.locator(".error:not(:empty)").allInnerTexts()).toEqual([
        'expected a date (%d.%m.%Y), got "2024-05-03".',
      ]);
      expect(await densityOf(page)).toBeNaN();
      expectQuiet();
      await context.close();
    },
  );

  test("draws the rows of the command line, rows given cells, and rows given a context", async () => {
    const { page, context, expectQuiet } = await open("mixed.html", "light");
    await page.getByRole("button", { name: "Sample 100 rows", exact: true }).click();
    await page.getByText("100 rows drawn with seed 0.").waitFor();
    expect(await page.locator("#plots svg[role=img]").count()).toBe(4);
    const samples = await downloaded(page, "Download CSV");
    await command("sample", path("mixed.safetensors"), "-n", "100", "--seed", "0", "--out", path("mixed-samples.csv"));
    expect(await readFile(samples.path, "utf8")).toBe(await readFile(path("mixed-samples.csv"), "utf8"));
    const conditional = page.getByRole("button", { name: "Sample 100 rows given the checked cells" });
    await conditional.click();
    await page.getByText("Check “given”").waitFor();
    await field(page, "kind").selectOption({ label: "fig" });
    await page.getByLabel("given kind").check();
    await conditional.click();
    await page.getByText(", given kind.").waitFor();
    const column = (k: number): Promise<string[]> => page.locator(`#samples td:nth-child(${k})`).allInnerTexts();
    const kinds = await column(2);
    expect([kinds.length, new Set(kinds)]).toEqual([100, new Set(["fig"])]);
    expect(new Set(await column(3)).size).toBeGreaterThan(5);
    expectQuiet();
    await context.close();
    const given = await open("mixed-given.html", "light");
    expect(await given.page.getByRole("checkbox").count()).toBe(0);
    await given.page.getByRole("button", { name: "Sample 100 rows", exact: true }).click();
    await given.page.getByText("100 rows drawn").waitFor();
    const start = await cells(given.page);
    const firstCells = await given.page.locator("#samples tbody tr:first-child td").allInnerTexts();
    expect(firstCells.slice(0, 2)).toEqual(start.slice(0, 2));
    given.expectQuiet();
    await given.context.close();
  });

  test.each([
    { name: "mixed.html", colors: "light", width: 1280 },
    { name: "mixed.html", colors: "dark", width: 360 },
    { name: "mixed-given.html", colors: "dark", width: 360 },
  ] as const)("$name, $colors, $width pixels wide: accessible by keyboard, no wider than the screen", async (one) => {
    const { page, context, expectQuiet } = await open(one.name, one.colors, one.width);
    const when = field(page, "when");
    await when.fill("never");
    await when.press("Tab");
    await page.getByText("expected a date").waitFor();
    await when.fill("");
    await page.getByRole("button", { name: "Sample 100 rows", exact: true }).press("Enter");
    await page.getByText("100 rows drawn").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(one.width);
    expect(await page.locator("b").count()).toBe(0);
    expectQuiet();
    expect(await axeViolations(page)).toEqual([]);
    await context.close();
  });

  test("it is small", async () => {
    expect((await stat(path("two.html"))).size).toBeLessThan(170_000);
    // A table has a backend of TensorFlow.js, without its model of a few kilobytes.
    expect((await stat(path("mixed.html"))).size).toBeLessThan(1_000_000);
  });
});
