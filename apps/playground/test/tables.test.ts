// Tables of any columns, as a visitor brings them. All of it runs with `npm run verify`.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { parseCsv } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { command } from "./command.ts";
import { longestTasks } from "./longest-task.ts";
import { mixedCsv } from "./mixed-csv.ts";
import { DIST, downloaded, figure, openFile, openPage, openText, ready } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE, POLL } from "./visit-settings.ts";

const CSV = mixedCsv();
const COLUMNS = ["when", "group", "size", "tagged", "net", "tax", "total"];
const AS_TEXT = { kinds: "text", missing: "keep" } as const;
const FAST = "members=1&epochs=20";

describe("tables", { timeout: 3 * MINUTE }, () => {
  let browser: Browser;
  let plain: StaticServer;
  let folder: string;

  beforeAll(async () => {
    browser = await openBrowser();
    plain = await staticServer(DIST, { path: "/a/b/" });
    folder = await mkdtemp(join(tmpdir(), "playground-tables-"));
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await plain?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const lines = (page: Page): Promise<string[]> => page.locator(".column-list li").allInnerTexts();
  const kindOf = (page: Page, name: string) => page.getByLabel(`Kind of ${name}`, { exact: true });

  /** Drops a table on the page, and waits until its columns are listed. */
  async function drop(page: Page, name: string, text: string): Promise<void> {
    const files = await page.evaluateHandle(
      ([file, content]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content as string], file as string, { type: "text/csv" }));
        return transfer;
      },
      [name, text],
    );
    await page.dispatchEvent("body", "drop", { dataTransfer: files });
    await page.locator(".column-list").waitFor();
  }

  async function learn(page: Page): Promise<void> {
    await page.click("button.primary");
    await page.getByRole("button", { name: "Train again" }).waitFor({ timeout: MINUTE });
    await expect.poll(() => page.locator(".rows tbody.samples td").count(), POLL).toBeGreaterThan(0);
  }

  test("workers of the page learn columns at the same time, with the same result, where memory is shared and where not", async () => {
    const isolated = await staticServer(DIST, { isolated: true });
    const shown: unknown[] = [];
    for (const [address, threads] of [
      [plain.address, 1],
      [plain.address, 2],
      [isolated.address, 2],
    ] as const) {
      const { page, context, expectQuiet } = await openPage(browser, address, `${FAST}&threads=${threads}`);
      let workers = 0;
      context.on("request", (request) => {
        if (request.url().includes("column-worker")) workers++;
      });
      await ready(page);
      await drop(page, "fish.csv", CSV);
      await learn(page);
      expect(workers > 0, `${workers} workers of ${threads}`).toBe(threads > 1);
      shown.push([
        await figure(page, "held"),
        await figure(page, "gain"),
        await page.locator("[data-gain]").allInnerTexts(),
      ]);
      expectQuiet();
      await context.close();
    }
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
    await isolated.close();
  });

  test("a mixed table is understood, changed, learned, drawn from, saved and opened again", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, FAST);
    await ready(page);
    await drop(page, "fish.csv", CSV);
    expect((await lines(page)).map((line) => line.split("\n")[0])).toEqual(["name", ...COLUMNS]);
    expect(await kindOf(page, "when").inputValue()).toBe("date");
    expect(await kindOf(page, "group").inputValue()).toBe("category");
    expect((await lines(page))[3]).toMatch(/44 missing[\s\S]*"\?" is taken as missing/);
    expect((await lines(page))[7]).toMatch(/follows: net \+ tax/);
    await expect.poll(() => page.locator(".marginal").count(), POLL).toBe(COLUMNS.length);
    // A kind is changed, which the address and the command keep; one that does not fit is told, and nothing changes.
    await kindOf(page, "tax").selectOption("category");
    await expect.poll(async () => (await lines(page))[6], POLL).toMatch(/13 categories/);
    expect(decodeURIComponent(new URL(page.url()).hash)).toContain('kinds=[["tax","category"]]');
    await kindOf(page, "group").selectOption("integer");
    await expect
      .poll(() => page.getByRole("alert").innerText(), POLL)
      .toMatch(/fish\.csv.*row 1.*column "group".*expected an integer, got "reef"/);
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(await kindOf(page, "group").inputValue()).toBe("category");
    await kindOf(page, "tax").selectOption("as found");
    await expect.poll(async () => (await lines(page))[6], POLL).toMatch(/0 to 12/);
    await kindOf(page, "tagged").selectOption("leave out");
    await expect.poll(async () => (await lines(page))[4], POLL).toMatch(/left out/);
    await learn(page);
    expect(await figure(page, "gain")).toBeGreaterThan(0.3);
    expect(await page.locator('[data-gain="size"]').innerText()).toMatch(/^\+\d/);
    expect(await axeViolations(page)).toEqual([]);

    // The same run on the command line has the same result.
    await writeFile(join(folder, "fish.csv"), CSV);
    const shown = ((await page.locator(".command").first().textContent()) ?? "").trim();
    expect(shown).toBe(
      `pushforward fit fish.csv --out model.safetensors --flow table --columns when,group,size,net,tax,total --members 1 --epochs 20 --seed 0 --threads 1`,
    );
    const options = shown.split(" ").slice(5);
    const there = join(folder, "there.safetensors");
    const fit = await command("fit", join(folder, "fish.csv"), "--out", there, ...options, "--json");
    expect(Math.abs((await figure(page, "held")) - Number(fit["validationNll"]))).toBeLessThan(1e-3);

    // A reload shows the table and its model again.
    const held = await figure(page, "held");
    await page.reload();
    await page.locator(".column-list").waitFor();
    await expect.poll(() => figure(page, "held"), POLL).toBe(held);

    // Drawn rows have the formats of the file, and the command line reads the model.
    await page.getByLabel("Number of rows to draw").fill("50");
    await page.getByLabel("Number of rows to draw").press("Enter");
    const rows = await downloaded(page, "Rows, CSV");
    expect(rows.name).toBe("fish-table-samples.csv");
    const drawn = parseCsv(await readFile(rows.path), AS_TEXT);
    expect(drawn.rows).toBe(50);
    expect(drawn.columns.map(({ name }) => name)).toEqual(COLUMNS.filter((name) => name !== "tagged"));
    for (const when of drawn.columns[0]?.values ?? []) expect(when).toMatch(/^\d\d\.03\.2021$/);
    const model = await downloaded(page, "Save model");
    expect(model.name).toBe("fish-table.safetensors");
    const score = await command("score", model.path, join(folder, "fish.csv"), "--json");
    expect(score["rows"]).toBe(400);

    // The model is opened on a page of its own, draws, and scores the rows.
    const second = await openPage(browser, plain.address, "");
    await ready(second.page);
    await openFile(second.page, model.path, "fish.model");
    await second.page.getByText(/^Open model: fish\.model$/).waitFor();
    await expect.poll(() => second.page.locator(".rows tbody.samples td").count(), POLL).toBeGreaterThan(0);
    expect(await figure(second.page, "held")).toBe(await figure(page, "held"));
    expect(await second.page.locator("button.primary").isDisabled()).toBe(true);
    await drop(second.page, "fish.csv", CSV);
    await second.page.getByRole("heading", { name: "Scores of fish.csv" }).waitFor();
    expect(Math.abs((await figure(second.page, "score")) - Number(score["meanLogDensity"]))).toBeLessThan(1e-4);
    const scores = parseCsv(await readFile((await downloaded(second.page, "Scores, CSV")).path), AS_TEXT);
    expect(scores.columns.at(-1)?.name).toBe("log_density");
    expect(await axeViolations(second.page)).toEqual([]);
    // Rows of other columns close it.
    await drop(second.page, "other.csv", "a,b\nx,1\ny,\nx,2\n");
    await second.page.getByText("The model fish.model is closed: other.csv is now data to learn from.").waitFor();
    second.expectQuiet();
    expectQuiet();
    await second.context.close();
    await context.close();
  });

  test("the model of the command line is opened with its gains", async () => {
    await writeFile(join(folder, "own.csv"), CSV);
    const there = join(folder, "own.safetensors");
    const fit = await command(
      ...["fit", join(folder, "own.csv"), "--out", there, "--members", "1", "--epochs", "20", "--json"],
    );
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "");
    await ready(page);
    await openFile(page, there, "own.safetensors");
    await page.locator(".column-list").waitFor();
    await expect.poll(() => figure(page, "held"), POLL).toBe(fit["validationNll"]);
    expect(await page.locator('[data-gain="size"]').innerText()).toMatch(/^\+\d/);
    expectQuiet();
    await context.close();
  });

  test("a training is stepped, paused and stopped, and what it has is drawn", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "members=2&epochs=400");
    await ready(page);
    await drop(page, "fish.csv", CSV);
    const step = (): Promise<string> => page.locator('[data-figure="step"]').innerText();
    for (const expected of ["1", "2"]) {
      await page.getByRole("button", { name: "Step", exact: true }).click();
      await expect.poll(step, POLL).toBe(expected);
      await page.getByRole("button", { name: "Continue" }).waitFor();
    }
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Continue" }).waitFor();
    const paused = await step();
    await page.waitForTimeout(300);
    expect(await step()).toBe(paused);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Train again" }).waitFor();
    await page.getByText("stopped by you").waitFor();
    await expect.poll(() => page.locator(".rows tbody.samples tr").count(), POLL).toBe(9);
    const before = await page.locator(".rows tbody.samples").innerText();
    await page.getByRole("button", { name: "Draw other rows" }).click();
    await expect.poll(() => page.locator(".rows tbody.samples").innerText(), POLL).not.toBe(before);
    expectQuiet();
    await context.close();
  });

  test("pairs are points, groups and shares, and the page does not block", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, FAST);
    await ready(page);
    const longest = await longestTasks(browser, page, async () => {
      await drop(page, "fish.csv", CSV);
      await page.locator(".pair").waitFor();
      await learn(page);
    });
    expect(longest.page).toBeLessThan(50);
    const [first, second] = [page.getByLabel("first"), page.getByLabel("second")];
    await first.selectOption("size");
    await second.selectOption("net");
    await expect.poll(() => page.locator(".panels svg.points").count(), POLL).toBe(2);
    await second.selectOption("group");
    await expect.poll(() => page.locator(".groups .box").count(), POLL).toBe(6);
    await first.selectOption("tagged");
    await expect.poll(() => page.locator("table.shares").count(), POLL).toBe(2);
    // The same column twice has no picture: the two are swapped.
    await second.selectOption("tagged");
    expect([await first.inputValue(), await second.inputValue()]).toEqual(["group", "tagged"]);
    expectQuiet();
    await context.close();
  });

  test("numbers go to a flow, and the visitor may choose otherwise", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, `${FAST}&rows=600&width=16&steps=50`);
    await ready(page);
    await page.getByRole("radio", { name: "Penguins" }).click({ force: true });
    await page.locator("#density-title").waitFor();
    await page.getByRole("radio", { name: "All columns" }).click({ force: true });
    await page.locator(".column-list").waitFor();
    expect((await lines(page)).map((line) => line.split("\n")[0])).toContain("species");
    await page.getByRole("radio", { name: "Numbers" }).click({ force: true });
    await page.locator("#density-title").waitFor();
    const numbers = Array.from({ length: 60 }, (_, i) => `${(i * 13) % 17},${(i * 7) % 11}`).join("\n");
    await openText(page, "numbers.csv", `a,b\n${numbers}\n`);
    await page.getByText("60 rows. Nothing is sent anywhere.").waitFor();
    expect(await page.locator(".column-list").count()).toBe(0);
    // A cell that is missing makes it a table; so it is no error any more.
    await openText(page, "gap.csv", `a,b\n${numbers}\n4,\n`);
    await page.locator(".column-list").waitFor();
    await page.getByRole("radio", { name: "Numbers" }).click({ force: true });
    await page.getByRole("button", { name: "Leave out these rows" }).click();
    await page.getByText("60 rows. Nothing is sent anywhere.").waitFor();
    await page.getByRole("radio", { name: "Two moons" }).click({ force: true });
    await page.locator("#density-title").waitFor();
    expect(await page.locator(".choice input[name=way]").count()).toBe(0);
    expectQuiet();
    await context.close();
  });

  for (const colors of ["light", "dark"] as const) {
    test(`on a narrow ${colors} screen nothing is cut off, and axe has no complaint`, async () => {
      const size = { width: 360, height: 740, colors };
      const { page, context, expectQuiet } = await openPage(browser, plain.address, FAST, size);
      await ready(page);
      await drop(page, "fish.csv", CSV);
      await learn(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      expect(await axeViolations(page)).toEqual([]);
      expectQuiet();
      await context.close();
    });
  }
});
