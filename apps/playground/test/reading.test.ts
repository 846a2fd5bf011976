// How a file is read, as a visitor says it. All of it runs with `npm run verify`.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { DIST, openPage, ready } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE, POLL } from "./visit-settings.ts";

describe("how a file is read", { timeout: 2 * MINUTE }, () => {
  let browser: Browser;
  let plain: StaticServer;

  beforeAll(async () => {
    browser = await openBrowser();
    plain = await staticServer(DIST);
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await plain?.close();
  });

  const open = async (page: Page, name: string, text: string): Promise<void> => {
    const buffer = Buffer.from(text, "latin1");
    await page.locator('.keep input[type="file"]').setInputFiles({ name, mimeType: "text/csv", buffer });
  };
  const lines = (page: Page): Promise<string[]> => page.locator(".column-list li").allInnerTexts();
  const command = (page: Page) => page.locator("pre.command").first();

  test("what was found is shown, and read otherwise when the visitor says so", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "members=1&epochs=20");
    await ready(page);
    const rows = Array.from(
      { length: 60 },
      (_, i) => `${i % 3 === 0 ? "caf\xe9" : "bar"},${i % 7 === 0 ? "?" : (i * 5) % 11}`,
    );
    await open(page, "places.csv", `place,stars\n${rows.join("\n")}\n`);
    await page.locator(".column-list").waitFor();
    await page.getByText("places.csv is not UTF-8, and was read as Windows-1252.").waitFor();
    const encoding = page.getByLabel("Encoding", { exact: true });
    expect(await encoding.isVisible()).toBe(false);
    await page.getByText("How the file is read", { exact: true }).click();
    const selected = () => encoding.evaluate((select: HTMLSelectElement) => select.selectedOptions[0]?.text);
    expect(await selected()).toBe("Windows-1252 (found)");
    await page.getByText("Missing in this file: “?”.").waitFor();
    expect(await axeViolations(page)).toEqual([]);

    // A marker more, and the first line as data: the columns and the command follow.
    await page.getByLabel("Missing values", { exact: true }).fill("bar");
    await page.keyboard.press("Enter");
    await expect.poll(async () => (await lines(page))[0], POLL).toContain("67 %");
    await page.getByLabel("Header", { exact: true }).selectOption("none");
    await expect.poll(async () => (await lines(page))[0], POLL).toContain("column1");
    await encoding.selectOption("windows-1252");
    await expect
      .poll(() => command(page).textContent(), POLL)
      .toContain(
        "pushforward fit places.csv --out model.safetensors --flow table --na bar --no-header --encoding windows-1252 ",
      );
    expect(page.url()).toContain("encoding=windows-1252&header=none");

    // An encoding that the file does not have is an error, from which the visitor goes back.
    await encoding.selectOption("utf-8");
    await page.getByText("expected UTF-8 text, got bytes of a different encoding").waitFor();
    await encoding.selectOption("found");
    await page.locator(".column-list").waitFor();
    expect(await selected()).toBe("Windows-1252 (found)");

    // Another file is read as it is found.
    await open(page, "other.csv", "a,b\nx,1\ny,\nx,3\n");
    await page.getByText("3 rows. Nothing is sent anywhere.").waitFor();
    expect(await selected()).toBe("UTF-8 (found)");
    await expect.poll(() => command(page).textContent(), POLL).not.toContain("--na");
    expectQuiet();
    await context.close();
  });

  test("a file without names is read with one click", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "rows=600&width=16&steps=50");
    await ready(page);
    const numbers = Array.from({ length: 60 }, (_, i) => `${(i * 13) % 17},${(i * 7) % 11}`).join("\n");
    await open(page, "bare.csv", `${numbers}\n`);
    await page.getByRole("button", { name: "Read it as data" }).click();
    await page.getByText("60 rows. Nothing is sent anywhere.").waitFor();
    await expect.poll(() => command(page).textContent(), POLL).toContain("--no-header");
    await page.getByText("How the file is read", { exact: true }).click();
    expect(await page.getByLabel("Header", { exact: true }).inputValue()).toBe("none");
    expectQuiet();
    await context.close();
  });
});
