// How fast the page is. The bounds are those of a machine that has nothing else to do; on a busy one they are wider.
import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./browser.ts";
import { FULL } from "./full.ts";
import { DIST, openPage, reachStep, ready, shownStep } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";

const isBusy = (loadavg()[0] ?? 0) > 0.7 * cpus().length;
/** How much wider bounds are on a busy machine. */
const slack = isBusy ? 8 : 1;

declare global {
  var longTasks: number[];
  var pictures: number[];
}

describe.skipIf(!FULL)("speed", { timeout: 180_000 }, () => {
  let browser: Browser;
  let server: StaticServer;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await staticServer(DIST, { isolated: true });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test("interactive within two seconds", async () => {
    const { page, context } = await openPage(browser, "about:blank", "");
    const start = performance.now();
    await page.goto(server.address);
    await ready(page);
    const milliseconds = performance.now() - start;
    console.log(`interactive after ${milliseconds.toFixed(0)} ms`);
    expect(milliseconds).toBeLessThan(2000 * slack);
    await context.close();
  });

  for (const flow of ["nsf", "maf"] as const) {
    test(`${flow} learns as fast as in Node, pictures follow, the page never waits`, async () => {
      const { page, context } = await openPage(browser, "about:blank", "");
      await page.addInitScript(watch);
      await page.goto(`${server.address}#flow=${flow}&steps=100000`);
      await ready(page);
      // In turn, so that both have the same share of a machine that others use.
      const rates = { page: 0, node: 0 };
      const rounds = 3;
      let worst = 0;
      let fewest = Number.POSITIVE_INFINITY;
      await page.click("button.primary");
      await reachStep(page, 100);
      for (let round = 0; round < rounds; round++) {
        const { rate, longest, pictures } = await measure(page, 4000);
        rates.page += rate / rounds;
        worst = Math.max(worst, longest);
        fewest = Math.min(fewest, pictures);
        await page.getByRole("button", { name: "Pause" }).click();
        await page.getByRole("button", { name: "Continue" }).waitFor();
        rates.node += (await nodeRate(flow)) / rounds;
        await page.getByRole("button", { name: "Continue" }).click();
      }
      const share = rates.page / rates.node;
      console.log(
        `${flow}: ${rates.page.toFixed(0)} steps/s in the page, ${rates.node.toFixed(0)} in Node (${(100 * share).toFixed(0)} %); ` +
          `longest task ${worst.toFixed(0)} ms; ${fewest.toFixed(1)} pictures of 200 × 200 a second`,
      );
      expect(share).toBeGreaterThan(isBusy ? 0.3 : 0.9);
      expect(worst).toBeLessThan(50 * slack);
      expect(fewest).toBeGreaterThan(4 / slack);
      await context.close();
    });
  }
});

/** Notes tasks of the page above 50 ms, and pictures. */
function watch(): void {
  globalThis.longTasks = [];
  globalThis.pictures = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longTasks.push(duration);
  }).observe({ type: "longtask" });
  const { putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.putImageData = function (
    this: CanvasRenderingContext2D,
    image: ImageData,
    x: number,
    y: number,
  ) {
    globalThis.pictures.push(image.width);
    putImageData.call(this, image, x, y);
  };
}

async function measure(page: Page, milliseconds: number): Promise<{ rate: number; longest: number; pictures: number }> {
  await page.evaluate(() => {
    globalThis.longTasks = [];
    globalThis.pictures = [];
  });
  const [step, start] = [await shownStep(page), performance.now()];
  await page.waitForTimeout(milliseconds);
  const seconds = (performance.now() - start) / 1000;
  const rate = ((await shownStep(page)) - step) / seconds;
  const { tasks, pictures } = await page.evaluate(() => ({
    tasks: globalThis.longTasks,
    pictures: globalThis.pictures.filter((size) => size === 200).length,
  }));
  return { rate, longest: Math.max(0, ...tasks), pictures: pictures / seconds };
}

/** Steps a second of the same training in Node, with the same instructions of the processor. */
function nodeRate(flow: "nsf" | "maf"): Promise<number> {
  const program = `
    import { columnStatistics, createKey, fit, maf, nsf, standardise, toyDataset, useBackend } from "pushforward";
    await useBackend("wasm");
    const rows = toyDataset("moons").sample(createKey(0), 2000);
    const flow = ${flow}({ features: 2, key: createKey(1) });
    let start = 0;
    for await (const event of fit(flow, standardise(rows, columnStatistics(rows)), {
      key: createKey(2), epochs: 100000, batchSize: 256, patience: 100000, threads: 1,
    })) {
      if (event.type !== "step") continue;
      if (event.step === 200) start = performance.now();
      const seconds = (performance.now() - start) / 1000;
      if (event.step > 200 && seconds > 4) {
        console.log((event.step - 200) / seconds);
        break;
      }
    }`;
  const flags = Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-wasm-relaxed-simd"] : [];
  const folder = join(dirname(fileURLToPath(import.meta.url)), "..");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, "--input-type=module", "-e", program], { cwd: folder });
    let out = "";
    let err = "";
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("close", () => (out === "" ? reject(new Error(err)) : resolve(Number(out))));
  });
}
