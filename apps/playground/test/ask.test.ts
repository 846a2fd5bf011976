// Questions to a model: some columns given, the others follow. All of it runs with `npm run verify`.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { createKey, parseCsv } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { command } from "./command.ts";
import { mixedCsv } from "./mixed-csv.ts";
import { DIST, downloaded, ended, openFile, openPage, openText, ready } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE, POLL } from "./visit-settings.ts";

describe("questions", { timeout: 3 * MINUTE }, () => {
  let browser: Browser;
  let plain: StaticServer;
  let folder: string;

  beforeAll(async () => {
    browser = await openBrowser();
    plain = await staticServer(DIST, { path: "/a/b/" });
    folder = await mkdtemp(join(tmpdir(), "playground-ask-"));
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await plain?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const field = (page: Page, name: string) => page.getByLabel(`Value of ${name}`, { exact: true });
  const status = (page: Page): Promise<string> => page.locator(".ask-status").innerText();
  /** Where a column lies now: its mean, or the share of its most probable value. */
  const center = async (page: Page, name: string): Promise<number> =>
    Number(await page.locator(`[data-center="${name}"]`).getAttribute("data-value"));
  const answered = (page: Page): Promise<void> =>
    expect.poll(() => status(page), POLL).toMatch(/^From (?!.*Drawing more)/);

  async function type(page: Page, name: string, value: string): Promise<void> {
    await field(page, name).fill(value);
    await field(page, name).press("Enter");
  }

  test("the other columns of a table follow what is given, and what cannot be is said", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "members=1&epochs=20");
    await ready(page);
    await openText(page, "fish.csv", mixedCsv());
    await page.locator(".column-list").waitFor();
    expect(await page.locator(".ask").count()).toBe(0);
    await page.click("button.primary");
    await page.locator(".ask-row").first().waitFor({ timeout: MINUTE });
    expect(await status(page)).toBe("Nothing is given yet.");
    expect(await page.locator(".ask-row").count()).toBe(7);
    const before = { size: await center(page, "size"), total: await center(page, "total") };

    // The group decides the size: 0, 5 and 10 on average.
    await field(page, "group").selectOption("reef");
    await answered(page);
    expect(await center(page, "size")).toBeLessThan(before.size - 2);
    await field(page, "group").selectOption("__proto__");
    await expect.poll(() => center(page, "size"), POLL).toBeGreaterThan(before.size + 2);
    expect(await page.locator(".ask-row.is-given").innerText()).toMatch(/^group\s+given/);
    // A slider that is moved again and again: the answer is that of its last place.
    for (const net of [149, 120, 101]) await page.getByLabel("Slider of net").fill(String(net));
    await expect.poll(() => center(page, "total"), POLL).toBeLessThan(before.total - 20);
    await answered(page);
    expect(Math.abs((await center(page, "total")) - 107)).toBeLessThan(2);
    expect(await field(page, "net").inputValue()).toBe("101");
    await page.getByLabel("size is missing").check({ force: true });
    await answered(page);
    await type(page, "when", "soon");
    await expect.poll(() => status(page), POLL).toMatch(/^when: expected a value as the file writes it.*got “soon”\.$/);
    await type(page, "when", "05.03.2021");
    await answered(page);
    expect(await axeViolations(page)).toEqual([]);

    // The command line draws rows from the saved model that meet the same conditions.
    await page.locator(".ask summary").click();
    const shown = (await page.locator(".ask .command").innerText()).trim();
    expect(shown).toBe(
      "pushforward sample model.safetensors --given 'group=__proto__,net=101,size=,when=05.03.2021' -n 1000",
    );
    const model = await downloaded(page, "Save model");
    const out = join(folder, "given.csv");
    const conditions = shown.split("'")[1] as string;
    await command("sample", model.path, "--given", conditions, "-n", "20", "--out", out);
    const drawn = parseCsv(await readFile(out, "utf8"), { kinds: "text", missing: "keep" });
    for (const [name, value] of [
      ["group", "__proto__"],
      ["net", "101"],
      ["when", "05.03.2021"],
    ]) {
      const values = drawn.columns.find((column) => column.name === name)?.values;
      expect(new Set(values as readonly string[])).toEqual(new Set([value]));
    }

    // The total is a sum.
    await page.getByRole("button", { name: "Clear size" }).click();
    await type(page, "tax", "3");
    await type(page, "total", "160");
    await expect
      .poll(() => status(page), POLL)
      .toMatch(/The given conditions are improbable: their log-density is -\d/);
    await page.getByRole("button", { name: "Clear total" }).click();
    await answered(page);
    await page.getByRole("button", { name: "Clear all" }).click();
    await expect.poll(() => status(page), POLL).toBe("Nothing is given yet.");
    expect(await center(page, "size")).toBe(before.size);
    expect(await page.locator(".ask-row.is-given").count()).toBe(0);

    // The same model, opened from its file, is asked by keys alone.
    const second = await openPage(browser, plain.address, "");
    await ready(second.page);
    await openFile(second.page, model.path, "fish.model");
    await second.page.locator(".ask-row").first().waitFor();
    await second.page.getByLabel("Slider of net").focus();
    await second.page.keyboard.press("Home");
    await answered(second.page);
    expect(await field(second.page, "net").inputValue()).toBe("100");
    expect(await center(second.page, "total")).toBeLessThan(before.total - 20);
    second.expectQuiet();
    expectQuiet();
    await second.context.close();
    await context.close();
  });

  test("a flow answers, too, and a conditional one is not asked", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "width=16&steps=300");
    await ready(page);
    expect(await page.locator(".ask").count()).toBe(0);
    const z = createKey(3).normal(1200);
    const rows = Array.from({ length: 600 }, (_, i) => {
      const a = z[2 * i] as number;
      return `${a.toFixed(4)},${(10 + 3 * a + (z[2 * i + 1] as number)).toFixed(4)}`;
    });
    await openText(page, "line.csv", `a,b\n${rows.join("\n")}\n`);
    await page.getByText("600 rows. Nothing is sent anywhere.").waitFor();
    await ready(page);
    await page.click("button.primary");
    await ended(page);
    await page.locator(".ask-row").first().waitFor();
    expect(Math.abs((await center(page, "b")) - 10)).toBeLessThan(1);
    await type(page, "a", "1.5");
    await answered(page);
    expect(Math.abs((await center(page, "b")) - 14.5)).toBeLessThan(1);
    await type(page, "a", "-1");
    await expect.poll(() => center(page, "b"), POLL).toBeLessThan(9);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("combobox", { name: "a", exact: true }).selectOption("given");
    await expect.poll(() => page.locator(".ask").count(), POLL).toBe(0);
    expectQuiet();
    await context.close();
  });
});
