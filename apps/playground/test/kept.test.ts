// What was trained stays: bad files, undo, and links in other tabs. All of it runs with `npm run verify`.
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import {
  DIST,
  downloaded,
  ended,
  figure,
  openFile,
  openPage,
  openText,
  reachStep,
  ready,
  shownStep,
  trainToTheEnd,
} from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE, POLL, SMALL } from "./visit-settings.ts";

describe("what was trained stays", { timeout: 3 * MINUTE }, () => {
  let browser: Browser;
  let plain: StaticServer;

  beforeAll(async () => {
    browser = await openBrowser();
    plain = await staticServer(DIST, { path: "/a/b/" });
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await plain?.close();
  });

  const undo = (page: Page): Promise<void> => page.getByRole("button", { name: "Undo" }).click();
  const rows = Array.from({ length: 60 }, (_, i) => `${i},${(i * 7) % 11}`).join("\n");
  const table = `a,kind\n${Array.from({ length: 60 }, (_, i) => `${i % 13},${"pqr"[i % 3]}`).join("\n")}\n`;

  test("a bad file leaves the data and the trained model alone", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL);
    await ready(page);
    await trainToTheEnd(page);
    const held = await figure(page, "held");
    const bytes = await readFile((await downloaded(page, "Save model")).path);
    const { hash } = new URL(page.url());
    const alert = page.getByRole("alert");
    const broken = Buffer.from(bytes);
    broken[broken.length - 5] = (broken[broken.length - 5] as number) ^ 1;
    const cases: readonly [name: string, content: Buffer, said: RegExp][] = [
      ["empty.csv", Buffer.from(""), /empty\.csv is empty/],
      ["header.csv", Buffer.from("a,b\n"), /at least one row/],
      ["ragged.csv", Buffer.from("a,b\n1,2\n3,4,5\n6,7\n"), /line 3/],
      ["notes.txt", Buffer.from("only a sentence\n"), /at least/],
      ["broken.safetensors", broken, /broken\.safetensors.*damaged/],
      ["photo.png", Buffer.from("\u0089PNG\r\n\u001a\n\u0000\u0000"), /neither a table .* nor a saved model/],
    ];
    for (const [name, buffer, said] of cases) {
      await page.locator('.keep input[type="file"]').setInputFiles({ name, mimeType: "text/csv", buffer });
      await expect.poll(() => alert.innerText(), POLL).toMatch(said);
      expect(await figure(page, "held")).toBe(held);
      expect(new URL(page.url()).hash).toBe(hash);
      expect(await page.locator("#data-title").innerText()).toBe("Data: Two moons");
      await page.getByRole("button", { name: "Train again" }).waitFor();
      await page.getByRole("button", { name: "Dismiss" }).click();
    }
    // The worker has it as well: it saves the same file.
    expect(Buffer.compare(await readFile((await downloaded(page, "Save model")).path), bytes)).toBe(0);
    expectQuiet();
    await context.close();
  });

  test("undo brings back the data and the model: after other data, a file, a table, a model, and other rows", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL);
    await ready(page);
    await trainToTheEnd(page);
    const held = await figure(page, "held");
    const saved = await downloaded(page, "Save model");
    const bytes = await readFile(saved.path);
    const frames = await page.getByLabel("Training time").getAttribute("max");
    const changes: readonly [string, () => Promise<void>][] = [
      ["Pinwheel", () => page.getByRole("radio", { name: "Pinwheel" }).click({ force: true })],
      ["a table of numbers", () => openText(page, "own.csv", `a,b\n${rows}\n`)],
      ["a table with categories", () => openText(page, "kinds.csv", table)],
      ["a model", () => openFile(page, saved.path, "moons.model")],
      ["drawing", () => page.getByRole("radio", { name: "Draw points" }).click({ force: true })],
      [
        "other rows",
        async () => {
          await page.getByLabel("Points", { exact: true }).fill("700");
          await page.keyboard.press("Enter");
        },
      ],
    ];
    for (const [what, change] of changes) {
      await change();
      await page.getByText("The former data and model are kept.").waitFor();
      if (what === "Pinwheel") expect(await axeViolations(page)).toEqual([]);
      await undo(page);
      await page.getByRole("button", { name: "Train again" }).waitFor();
      await expect.poll(() => figure(page, "held"), POLL).toBe(held);
      expect(await page.locator("#data-title").innerText()).toBe("Data: Two moons");
      expect(await shownStep(page)).toBeGreaterThan(0);
      expect(await page.getByLabel("Training time").getAttribute("max"), what).toBe(frames);
      expect(Buffer.compare(await readFile((await downloaded(page, "Save model")).path), bytes), what).toBe(0);
    }
    // A reload finds it, too.
    await page.waitForTimeout(300);
    await page.reload();
    await page.getByRole("button", { name: "Train again" }).waitFor();
    expect(await figure(page, "held")).toBe(held);
    expectQuiet();
    await context.close();
  });

  test("undo brings back a trained table, also after a bad file", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "");
    await ready(page);
    await openText(page, "kinds.csv", table);
    await page.locator(".column-list").waitFor();
    await ready(page);
    await page.click("button.primary");
    await page.getByRole("button", { name: "Train again" }).waitFor({ timeout: MINUTE });
    const bytes = await readFile((await downloaded(page, "Save model")).path);
    await openText(page, "header.csv", "a,b\n");
    await expect.poll(() => page.getByRole("alert").innerText(), POLL).toMatch(/at least one row/);
    expect(Buffer.compare(await readFile((await downloaded(page, "Save model")).path), bytes)).toBe(0);
    await page.getByRole("radio", { name: "Four rings" }).click({ force: true });
    await page.getByText("The former data and model are kept.").waitFor();
    await ready(page);
    await undo(page);
    await page.locator(".column-list").waitFor();
    await page.getByRole("button", { name: "Train again" }).waitFor();
    expect(Buffer.compare(await readFile((await downloaded(page, "Save model")).path), bytes)).toBe(0);
    expectQuiet();
    await context.close();
  });

  test("a link in a new tab goes on with the training of a closed one, and shows one that has ended", async () => {
    const settings = "rows=1000&width=32&steps=1500&flow=maf&seed=9";
    const { page, context, expectQuiet } = await openPage(browser, plain.address, settings);
    await ready(page);
    await page.click("button.primary");
    await reachStep(page, 120);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Continue" }).waitFor();
    const step = await shownStep(page);
    await page.waitForTimeout(300);
    const link = page.url();
    await page.close();
    const second = await context.newPage();
    await second.goto(link);
    await second.getByText(/found again at step/).waitFor();
    expect(await shownStep(second)).toBe(step);
    await second.getByRole("button", { name: "Continue" }).first().click();
    await ended(second);
    const held = await figure(second, "held");
    await second.waitForTimeout(300);
    await second.close();
    const third = await context.newPage();
    await third.goto(link);
    await third.getByText(/It was trained in another tab/).waitFor();
    expect(await figure(third, "held")).toBe(held);
    // Who wants a new one begins anew, and can go back.
    await third.getByRole("button", { name: "Start over" }).click();
    await third.getByText("The former data and model are kept.").waitFor();
    expect(await shownStep(third)).toBe(0);
    await undo(third);
    await third.getByRole("button", { name: "Train again" }).waitFor();
    await expect.poll(() => figure(third, "held"), POLL).toBe(held);
    // Other settings have nothing to go on with.
    const other = await context.newPage();
    await other.goto(link.replace("seed=9", "seed=8"));
    await ready(other);
    expect(await shownStep(other)).toBe(0);
    expectQuiet();
    await context.close();
  });
});
