// How fast the page is. The bounds are those of a machine that has nothing else to do; on a busy one they are wider.
import { spawn } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TimeSlice } from "@pushforward/core/plain";
import type { Browser, Page } from "playwright-core";
import { createKey, logProbRows, maf, ndArray, nsf, sampleRows, useBackend } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Bend } from "../src/engine/painter/bend.ts";
import { densityOfTwo, paint } from "../src/engine/painter/density-grid.ts";
import type { View } from "../src/shared/protocol.ts";
import { openBrowser } from "./browser.ts";
import { longestTasks } from "./longest-task.ts";
import { DIST, openPage, reachStep, ready, shownStep } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { workerSeconds } from "./thread-times.ts";

const isBusy = (loadavg()[0] ?? 0) > 0.7 * cpus().length;
/** How much wider bounds are on a busy machine. */
const slack = isBusy ? 8 : 1;

declare global {
  var pictures: number[];
}

describe("speed", { timeout: 180_000 }, () => {
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
    const start = performance.now();
    const { page, context } = await openPage(browser, server.address, "");
    await ready(page);
    const milliseconds = performance.now() - start;
    console.log(`interactive after ${milliseconds.toFixed(0)} ms`);
    expect(milliseconds).toBeLessThan(2000 * slack);
    await context.close();
  });

  // By the time of the processor, which others on the machine do not change much.
  for (const flow of ["nsf", "maf"] as const) {
    test(`${flow} learns as fast as in Node, pictures follow, the page never waits`, async () => {
      const address = `flow=${flow}&steps=100000`;
      const { page, context } = await openPage(browser, server.address, address, { before: watch });
      await ready(page);
      await page.click("button.primary");
      await reachStep(page, 200);
      const { steps, seconds, pictures, processor } = await measure(page, 10_000);
      const longest = await longestTasks(browser, page, () => page.waitForTimeout(5000));
      const share = steps / processor / (await nodeRate(flow));
      console.log(
        `${flow}: ${(steps / processor).toFixed(0)} steps in a second of the processor, ${(100 * share).toFixed(0)} % of Node; ` +
          `longest task ${longest.page.toFixed(0)} ms in the page, ${longest.workers.toFixed(0)} ms in a worker; ${(pictures / seconds).toFixed(1)} pictures a second`,
      );
      expect(share).toBeGreaterThan(isBusy ? 0.75 : 0.9);
      expect(longest.page).toBeLessThan(50);
      expect(pictures / seconds).toBeGreaterThan(4 / slack);
      await context.close();
    });

    test(`a picture of ${flow} takes four times as long as the scores of its points at most`, async () => {
      await useBackend("wasm");
      using model = flow === "nsf" ? nsf({ features: 2, key: createKey(1) }) : maf({ features: 2, key: createKey(1) });
      const points = [0, 1].map((k) => Float64Array.from(createKey(k).normal(2000)));
      const bend = new Bend(model, 2, points, undefined);
      const view: View = { pair: [0, 1], x: [-3, 3], y: [-3, 3], context: [], theme: "light" };
      const draw = async (): Promise<void> => {
        paint(await densityOfTwo(model, view, 200, undefined, new TimeSlice(1e9)), "light");
        bend.frame(view, undefined, 0);
        sampleRows(model, createKey(3), 1000);
      };
      await draw();
      const processor = async (body: () => unknown): Promise<number> => {
        const before = process.cpuUsage();
        for (let k = 0; k < 5; k++) await body();
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 5000;
      };
      const grid = ndArray([40_000, 2], createKey(4).normal(80_000));
      const scores = await processor(() => logProbRows(model, grid));
      const picture = await processor(draw);
      console.log(
        `${flow}: ${picture.toFixed(0)} ms of the processor for a picture, ${scores.toFixed(0)} ms for scores`,
      );
      expect(picture / scores).toBeLessThan(4);
    });
  }
});

/** Notes pictures. */
function watch(): void {
  globalThis.pictures = [];
  const { prototype } = CanvasRenderingContext2D;
  const put = prototype.putImageData as (
    this: CanvasRenderingContext2D,
    image: ImageData,
    x: number,
    y: number,
  ) => void;
  prototype.putImageData = function (this: CanvasRenderingContext2D, image: ImageData, x: number, y: number): void {
    globalThis.pictures.push(image.width);
    put.call(this, image, x, y);
  };
}

/** What the page does for a while; on a busy machine it draws coarse pictures, which count there, too. */
async function measure(
  page: Page,
  milliseconds: number,
): Promise<{ steps: number; seconds: number; processor: number; pictures: number }> {
  await page.evaluate(() => {
    globalThis.pictures = [];
  });
  const [step, start, before] = [await shownStep(page), performance.now(), workerSeconds()];
  await page.waitForTimeout(milliseconds);
  const after = workerSeconds();
  const seconds = (performance.now() - start) / 1000;
  const steps = (await shownStep(page)) - step;
  const sizes = await page.evaluate(() => globalThis.pictures);
  // Of the two workers the one that trains has more to do.
  const processor = Math.max(...after.map((value, i) => value - (before[i] ?? 0)));
  const pictures = sizes.filter((size) => isBusy || size === 200).length;
  return { steps, seconds, processor, pictures };
}

/** Steps in a second of the processor of the same training in Node, with the same instructions. */
function nodeRate(flow: "nsf" | "maf"): Promise<number> {
  const program = `
    import { columnStatistics, createKey, maf, nsf, standardize, toyDataset, trainEvents, useBackend } from "pushforward";
    await useBackend("wasm");
    const rows = toyDataset("moons").sample(createKey(0), 2000);
    const flow = ${flow}({ features: 2, key: createKey(1) });
    let start;
    for await (const event of trainEvents(flow, standardize(rows, columnStatistics(rows)), {
      key: createKey(2), maxEpochs: 100000, batchSize: 256, patience: 100000, threads: 1,
    })) {
      if (event.type !== "step") continue;
      if (event.step === 200) start = process.cpuUsage();
      if (event.step < 1200) continue;
      const { user, system } = process.cpuUsage(start);
      console.log(1000 / ((user + system) / 1e6));
      break;
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
