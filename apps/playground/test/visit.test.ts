// A first visit, as anyone makes it: the short set, which runs with all other tests.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { useBackend } from "pushforward";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { nodeRun } from "./node-run.ts";
import { DIST, ended, figure, openPage, ready, shownStep, trainToTheEnd } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";

let browser: Browser;
let server: StaticServer;

beforeAll(async () => {
  browser = await openBrowser();
  // Any folder of any static host, and without cross-origin isolation.
  server = await staticServer(DIST, { path: "/some/folder/" });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Size in bytes of what the page has loaded, as a host sends it, beside the WebAssembly files. */
async function firstLoad(page: Page): Promise<number> {
  const names = new Set<string>(["index.html"]);
  const performances = [page, ...page.workers()].map((place) =>
    (place as Page).evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name)),
  );
  for (const list of await Promise.all(performances)) {
    for (const name of list) if (name.startsWith(server.address)) names.add(name.slice(server.address.length));
  }
  const files = [...names].filter((name) => !name.endsWith(".wasm"));
  // The page, the library and its kernels: with fewer files something was not seen.
  expect(files.length).toBeGreaterThan(8);
  const sizes = await Promise.all(
    files.map(async (name) => gzipSync(await readFile(join(DIST, name)), { level: 9 }).length),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

const SETTINGS = "rows=600&width=16&transforms=2&steps=50&batch=128&seed=5";
const RUN = { rows: 600, width: 16, transforms: 2, batch: 128, seed: 5, epochs: 10 } as const;

test("a flow learns two moons, and its figures are those of Node", async () => {
  const { page, context, expectQuiet } = await openPage(browser, server.address, `${SETTINGS}&backend=cpu`);
  await ready(page);
  await trainToTheEnd(page);
  await useBackend("cpu");
  const expected = await nodeRun({ ...RUN, flow: "nsf" });
  expect(await shownStep(page)).toBe(expected.steps);
  expect(Math.abs((await figure(page, "held")) - expected.validationNll)).toBeLessThan(1e-5);
  expect(Math.abs((await figure(page, "train")) - expected.trainNll)).toBeLessThan(1e-5);
  expect(expected.validationNll).toBeLessThan(await figure(page, "gaussian"));
  expectQuiet();
  await context.close();
});

test("both pictures are drawn, the slider moves, and the page is accessible", async () => {
  const { page, context, expectQuiet } = await openPage(browser, server.address, SETTINGS, { reducedMotion: true });
  await ready(page);
  expect(await firstLoad(page)).toBeLessThan(389_000);
  await page.click("button.primary");
  await ended(page);
  const inks = (selector: string): Promise<number> =>
    page.locator(selector).evaluate((canvas: HTMLCanvasElement) => {
      const { data } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(
        0,
        0,
        canvas.width,
        canvas.height,
      );
      const colors = new Set<number>();
      for (let i = 0; i < data.length; i += 4) {
        if ((data[i + 3] as number) > 0)
          colors.add(((data[i] as number) << 16) | ((data[i + 1] as number) << 8) | (data[i + 2] as number));
      }
      return colors.size;
    });
  await expect.poll(() => inks(".density canvas"), { timeout: 20_000 }).toBeGreaterThan(200);
  const atTheEnd = await page.locator(".bend canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  await page.locator("#layer").fill("0");
  await expect
    .poll(() => page.locator(".bend canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL()), {
      timeout: 20_000,
    })
    .not.toBe(atTheEnd);
  expect(await page.locator(".bend .slider label").innerText()).toMatch(/^Base/);
  expect(await axeViolations(page)).toEqual([]);
  expectQuiet();
  await context.close();
});
