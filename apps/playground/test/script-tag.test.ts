// The example of a page without a bundler, opened from a file. It runs with `npm run verify`.
import type { Browser } from "playwright-core";
import { createKey } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { MINUTE } from "./visit-settings.ts";

describe("the page with one script tag", { timeout: MINUTE }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
  });

  test("fits a file, scores it and draws rows; an error is shown", async () => {
    const example = new URL("../../../examples/page.html", import.meta.url);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => request.url().startsWith("file:") || complaints.push(request.url()));
    await page.goto(example.href);
    const normal = createKey(0).normal(2000);
    const rows = Array.from({ length: 1000 }, (_, i) => [normal[2 * i], 100 + 5 * (normal[2 * i + 1] as number)]);
    rows[41] = [0, 200];
    const choose = (text: string): Promise<void> =>
      page.locator("#file").setInputFiles({ name: "rows.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await choose(`x,y\n${rows.map((row) => row.join(",")).join("\n")}\n`);
    await page.getByText(/^Row 42 is the least probable: log-density -\d+\.\d+\.$/).waitFor();
    const drawn = (await page.locator("#rows").innerText()).trim().split("\n");
    expect(drawn[0]).toBe("x,y");
    expect(drawn).toHaveLength(11);
    for (const [x, y] of drawn.slice(1).map((line) => line.split(",").map(Number))) {
      expect(Math.abs(x as number)).toBeLessThan(6);
      expect(Math.abs((y as number) - 100)).toBeLessThan(40);
    }
    await choose("x\n1\n2\n");
    await page.getByText("fit: expected at least 20 rows, got 2.").waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
