import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";

/** The built page. */
export const DIST: string = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");

/** A page and its collected complaints. */
export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly address: string;
  /** Fails if the page wrote to the console, threw an error, or sent a request to a different machine. */
  expectQuiet(): void;
}

/** How a page is opened. */
export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colors?: "light" | "dark";
  readonly reducedMotion?: boolean;
  readonly hasTouch?: boolean;
  /** Runs in the page before anything of its own. */
  readonly before?: () => void;
}

/** Opens the page at settings, and waits until a visitor could begin. */
export async function openPage(
  browser: Browser,
  address: string,
  settings: string,
  options: OpenOptions = {},
): Promise<OpenPage> {
  const { width = 1280, height = 900, colors = "light", reducedMotion = false, hasTouch = false } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: colors,
    locale: "en-GB",
    reducedMotion: reducedMotion ? "reduce" : "no-preference",
    acceptDownloads: true,
    hasTouch,
  });
  const complaints: string[] = [];
  const { origin, protocol } = new URL(address);
  // A file has no origin.
  const home = protocol === "file:" ? address : origin;
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(home) && !url.startsWith("blob:") && !url.startsWith("data:")) complaints.push(`asks ${url}`);
  });
  const page = await context.newPage();
  if (options.before !== undefined) await page.addInitScript(options.before);
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(settings === "" ? address : `${address}#${settings}`);
  return {
    page,
    context,
    address,
    expectQuiet: () => expect(complaints).toEqual([]),
  };
}

/** Waits until the flow can be trained. */
export async function ready(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector<HTMLButtonElement>("button.primary")?.disabled === false,
    null,
    { timeout: 30_000 },
  );
}

/** Presses train and waits for the end. */
export async function trainToTheEnd(page: Page, timeout = 120_000): Promise<void> {
  await page.click("button.primary");
  await ended(page, timeout);
}

/** Waits for the end of a training. */
export async function ended(page: Page, timeout = 120_000): Promise<void> {
  await page.getByRole("button", { name: "Train again" }).waitFor({ timeout });
  await page.waitForFunction(
    () => !/starting|of /.test(document.querySelector(".figures div:nth-child(4) .note")?.textContent ?? ""),
  );
}

/** A figure with all of its digits. */
export async function figure(page: Page, name: string): Promise<number> {
  return Number(await page.locator(`[data-figure="${name}"]`).getAttribute("data-value"));
}

/** The step that the page shows. */
export async function shownStep(page: Page): Promise<number> {
  return Number((await page.locator('[data-figure="step"]').innerText()).replaceAll(",", ""));
}

/** Waits until the flow has reached a training step. */
export async function reachStep(page: Page, step: number, timeout = 60_000): Promise<void> {
  await page.waitForFunction(
    (least) =>
      Number(document.querySelector('[data-figure="step"]')?.textContent?.replaceAll(",", "") ?? 0) >=
      (least as number),
    step,
    { timeout },
  );
}

/** Returns the file downloaded by a button. */
export async function downloaded(page: Page, button: string): Promise<{ name: string; path: string }> {
  const [download] = await Promise.all([
    page.waitForEvent("download", { timeout: 60_000 }),
    page.getByRole("button", { name: button, exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), path: await download.path() };
}

/** A figure as the page shows it. */
export async function figureText(page: Page, name: string): Promise<number> {
  return Number((await page.locator(`[data-figure="${name}"]`).innerText()).replace("−", "-"));
}

/** Opens a file under a name. */
export async function openFile(page: Page, path: string, name: string): Promise<void> {
  await page
    .locator('.keep input[type="file"]')
    .setInputFiles({ name, mimeType: "application/octet-stream", buffer: await readFile(path) });
}

/** Opens a text as a file. */
export async function openText(page: Page, name: string, text: string): Promise<void> {
  await page
    .locator('.keep input[type="file"]')
    .setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
}
