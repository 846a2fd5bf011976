// What visitors do, one visit a test. All of it runs with `npm run verify`.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { architectureNames, useBackend } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { command } from "./command.ts";
import { type NodeRun, nodeRun } from "./node-run.ts";
import {
  DIST,
  downloaded,
  ended,
  figure,
  figureText,
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

describe("visits", { timeout: 3 * MINUTE }, () => {
  let browser: Browser;
  let plain: StaticServer;
  let isolated: StaticServer;
  let folder: string;

  beforeAll(async () => {
    browser = await openBrowser();
    plain = await staticServer(DIST, { path: "/a/b/" });
    isolated = await staticServer(DIST, { isolated: true });
    folder = await mkdtemp(join(tmpdir(), "playground-"));
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await plain?.close();
    await isolated?.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const flow of architectureNames) {
    for (const backend of ["cpu", "wasm"] as const) {
      // Integrals of networks and differential equations are slow.
      const isSlow = flow === "unaf" || flow === "cnf";
      test(`${flow} on ${backend} reaches the figures of Node`, { timeout: (isSlow ? 6 : 3) * MINUTE }, async () => {
        const size = isSlow
          ? { rows: 100, width: 4, transforms: 1, epochs: 50 }
          : { rows: 600, width: 16, transforms: 2, epochs: 10 };
        const run: NodeRun = { flow, ...size, batch: 128, seed: 3 };
        const settings = `rows=${size.rows}&width=${size.width}&transforms=${size.transforms}&steps=50&batch=128`;
        const address = `${settings}&flow=${flow}&seed=3&backend=${backend}`;
        const { page, context, expectQuiet } = await openPage(browser, plain.address, address);
        await ready(page);
        await trainToTheEnd(page, (isSlow ? 4 : 2) * MINUTE);
        await useBackend(backend);
        const expected = await nodeRun(run);
        expect(await shownStep(page)).toBe(expected.steps);
        expect(Math.abs((await figure(page, "held")) - expected.validationNll)).toBeLessThan(1e-5);
        expect(Math.abs((await figure(page, "train")) - expected.trainNll)).toBeLessThan(1e-5);
        expectQuiet();
        await context.close();
      });
    }
  }

  test("a whole training is the one that the command line makes, to five digits", async () => {
    const { page, context, expectQuiet } = await openPage(
      browser,
      plain.address,
      "rows=1000&steps=800&seed=2&flow=maf",
    );
    await ready(page);
    await trainToTheEnd(page);
    const data = await downloaded(page, "Data, CSV");
    await page.getByText("The same run in a terminal").click();
    const shown = await page.locator(".command").first().innerText();
    expect(shown).toMatch(/^pushforward fit moons\.csv --out model\.safetensors --flow maf /);
    const options = shown.split(" ").slice(5);
    const model = join(folder, "moons.safetensors");
    const report = await command("fit", data.path, "--out", model, ...options, "--json");
    expect(Math.abs((report["validationNll"] as number) - (await figure(page, "held")))).toBeLessThan(1e-5);
    expect(Math.abs((report["trainNll"] as number) - (await figure(page, "train")))).toBeLessThan(1e-5);
    expectQuiet();
    await context.close();
  });

  test("a model that is kept here is scored by the command line, and one from there is scored here", async () => {
    const { page, context, expectQuiet } = await openPage(
      browser,
      plain.address,
      `data=penguins&given=${encodeURIComponent('["species"]')}&columns=${encodeURIComponent('["bill_length_mm","body_mass_g"]')}&steps=120&width=32`,
    );
    await ready(page);
    await trainToTheEnd(page);
    const data = await downloaded(page, "Data, CSV");
    const model = await downloaded(page, "Save model");
    expect(model.name).toBe("penguins-nsf.safetensors");
    const score = await command("score", model.path, data.path, "--json");
    // The page scores a model that it opens beside its rows.
    await openFile(page, model.path, model.name);
    await expect.poll(() => page.locator(".figures dt").first().innerText(), POLL).toMatch(/all rows/);
    expect(Math.abs((await figure(page, "held")) + (score["meanLogDensity"] as number))).toBeLessThan(1e-6);
    // The other way round, and of another architecture.
    const there = join(folder, "there.safetensors");
    const columns = ["--columns", "bill_length_mm,body_mass_g", "--context", "species"];
    await command("fit", data.path, "--out", there, "--flow", "nsf-coupling", "--epochs", "12", ...columns, "--json");
    const other = await command("score", there, data.path, "--json");
    await openFile(page, there, "there.safetensors");
    await expect
      .poll(async () => Math.abs((await figure(page, "held")) + (other["meanLogDensity"] as number)), POLL)
      .toBeLessThan(1e-6);
    // Rows of the same columns that are dropped on it are scored by it.
    const some = (await readFile(data.path, "utf8")).split("\n").slice(0, 51);
    const part = join(folder, "part.csv");
    await writeFile(part, `${some.join("\n")}\n`);
    const fifty = await command("score", there, part, "--json");
    await openFile(page, part, "part.csv");
    await expect
      .poll(async () => Math.abs((await figure(page, "held")) + (fifty["meanLogDensity"] as number)), POLL)
      .toBeLessThan(1e-6);
    expectQuiet();
    await context.close();
  });

  test("a mixture of the command line shows its density, and no picture that does not apply", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL);
    await ready(page);
    const data = await downloaded(page, "Data, CSV");
    const mixture = join(folder, "mixture.safetensors");
    await command("fit", data.path, "--out", mixture, "--flow", "auto", "--quality", "fast", "--epochs", "2", "--json");
    const score = await command("score", mixture, data.path, "--json");
    await openFile(page, mixture, "mixture.safetensors");
    await page.locator("#density-title", { hasText: "mixture.safetensors" }).waitFor();
    await page.getByText("This model is a mixture").waitFor();
    expect(Math.abs((await figure(page, "held")) + (score["meanLogDensity"] as number))).toBeLessThan(1e-6);
    expect(await page.locator(".bend canvas, #layer, .loss").count()).toBe(0);
    expect(await page.locator('[data-figure="step"], [data-figure="gaussian"]').count()).toBe(0);
    await expect.poll(() => page.locator(".ticks li").count(), POLL).toBe(5);
    expect(await axeViolations(page)).toEqual([]);
    // A flow has all of them again.
    await page.getByRole("radio", { name: "Four rings" }).click({ force: true });
    await page.locator(".loss .chart canvas").waitFor();
    await page.locator("#layer").waitFor();
    const inks = (): Promise<boolean> =>
      page.locator(".bend canvas").evaluate((canvas: HTMLCanvasElement) => {
        const { data: pixels } = (canvas.getContext("2d") as CanvasRenderingContext2D).getImageData(100, 100, 100, 100);
        return pixels.some((value) => value > 0);
      });
    await expect.poll(inks, POLL).toBe(true);
    expectQuiet();
    await context.close();
  });

  test("samples are those of the command line", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, `${SMALL}&flow=maf&seed=4`);
    await ready(page);
    await trainToTheEnd(page);
    const model = await downloaded(page, "Save model");
    const here = await downloaded(page, "Samples, CSV");
    const there = join(folder, "there.csv");
    await command("sample", model.path, "-n", "1000", "--seed", "4", "--out", there);
    const [a, b] = await Promise.all([numbersOf(here.path), numbersOf(there)]);
    expect(a.length).toBe(2000);
    expect(b.length).toBe(2000);
    for (const [i, value] of a.entries()) expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-5);
    expectQuiet();
    await context.close();
  });

  test("pictures are kept as SVG and PNG", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL);
    await ready(page);
    const svg = await readFile((await downloaded(page, "Picture, SVG")).path, "utf8");
    expect(svg).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    const png = await readFile((await downloaded(page, "Picture, PNG")).path);
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.readUInt32BE(16)).toBeGreaterThan(1000);
    expectQuiet();
    await context.close();
  });

  test("pause, other backend, other learning rate, go on, stop: the loss goes on", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "width=32&steps=20000&batch=128");
    await ready(page);
    await page.click("button.primary");
    await reachStep(page, 200);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Continue" }).waitFor();
    const paused = await shownStep(page);
    await page.waitForTimeout(600);
    expect(await shownStep(page)).toBe(paused);
    const before = await figure(page, "train");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("radio", { name: "JavaScript" }).click({ force: true });
    await page.getByText("on cpu").waitFor();
    const switched = await shownStep(page);
    await reachStep(page, switched + 60);
    // It went on, and did not begin again.
    expect(await figure(page, "train")).toBeLessThan(before + 0.3);
    await page.getByRole("radio", { name: "WebAssembly" }).click({ force: true });
    await page.getByText("on wasm").waitFor();
    await page.locator("#rate").focus();
    await page.keyboard.press("Home");
    const slow = await shownStep(page);
    await reachStep(page, slow + 100);
    expect(await figure(page, "train")).toBeLessThan(before + 0.3);
    await page.getByRole("button", { name: "Stop" }).click();
    await ended(page);
    await page.getByText("stopped by you").waitFor();
    expectQuiet();
    await context.close();
  });

  test("the picture follows from the first step, and a slider goes back to each of its pictures", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "rows=600&width=32&steps=400");
    await ready(page);
    const slider = page.getByLabel("Training time");
    expect(await slider.isVisible()).toBe(false);
    await trainToTheEnd(page);
    await slider.waitFor();
    await slider.focus();
    await page.keyboard.press("Home");
    const picture = (): Promise<string> =>
      page.locator(".density canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const steps: string[] = [];
    const pictures = new Set<string>();
    const most = Number(await slider.getAttribute("max"));
    for (let k = 0; k <= most; k++) {
      steps.push((await slider.getAttribute("aria-valuetext")) ?? "");
      pictures.add(await picture());
      await page.keyboard.press("ArrowRight");
    }
    expect(steps[0]).toBe("step 0");
    expect(steps).toEqual(expect.arrayContaining([1, 2, 4, 8, 16, 32, 64, 128, 256].map((step) => `step ${step}`)));
    expect(pictures.size).toBe(steps.length);
    // The density of a picture of before is the one that it shows, not that of the model of now.
    await page.locator(".density .plot").hover({ position: { x: 200, y: 200 } });
    await expect.poll(() => page.locator('[data-figure="probe"]').count(), POLL).toBe(1);
    expect(await axeViolations(page)).toEqual([]);
    // Another training begins with its own pictures.
    await page.getByRole("button", { name: "Train again" }).click();
    await ended(page);
    await slider.focus();
    await page.keyboard.press("Home");
    expect(await slider.getAttribute("aria-valuetext")).toBe("step 0");
    expectQuiet();
    await context.close();
  });

  test("a reload finds the training again, and it ends with the same bits", async () => {
    const settings = "rows=1000&width=32&steps=1500&flow=maf&seed=9";
    const first = await openPage(browser, plain.address, settings);
    await ready(first.page);
    await trainToTheEnd(first.page);
    const expected = await figure(first.page, "held");
    await first.context.close();
    const { page, context, expectQuiet } = await openPage(browser, plain.address, settings);
    await ready(page);
    await page.click("button.primary");
    await reachStep(page, 120);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Continue" }).waitFor();
    const step = await shownStep(page);
    await page.waitForTimeout(300);
    await page.reload();
    await page.getByText(/found again at step/).waitFor();
    expect(await shownStep(page)).toBe(step);
    await page.getByRole("button", { name: "Continue" }).first().click();
    await ended(page);
    expect(await figure(page, "held")).toBe(expected);
    // One that has ended is there again, too.
    await page.waitForTimeout(300);
    await page.reload();
    await page.getByRole("button", { name: "Train again" }).waitFor();
    expect(await figure(page, "held")).toBe(expected);
    expectQuiet();
    await context.close();
  });

  test("the reload in the middle, without a pause, goes on from a checkpoint", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "width=128&steps=20000&flow=maf");
    await ready(page);
    await page.click("button.primary");
    await reachStep(page, 40);
    await page.waitForTimeout(4000);
    const step = await shownStep(page);
    await page.reload();
    await page.getByText(/found again at step/).waitFor();
    const found = await shownStep(page);
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(step + 200);
    await page.getByRole("button", { name: "Continue" }).first().click();
    await reachStep(page, found + 20);
    expectQuiet();
    await context.close();
  });

  test("a worker that ends is shown and started again, and the training goes on", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "width=128&steps=20000&flow=maf");
    await ready(page);
    await page.click("button.primary");
    await reachStep(page, 40);
    await page.waitForTimeout(3500);
    const trainer = page.workers()[0];
    await trainer?.evaluate(() => {
      setTimeout(() => {
        throw new Error("broken on purpose");
      });
    });
    await page.getByText(/ended unexpectedly and was started again/).waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Continue" }).first().click();
    const step = await shownStep(page);
    await reachStep(page, step + 40);
    await page.getByRole("button", { name: "Stop" }).click();
    await ended(page);
    // One that only falls silent is noticed as well.
    await page.evaluate(() =>
      document.querySelector<HTMLElement>('[role="alert"] button[aria-label="Dismiss"]')?.click(),
    );
    const [silent] = page.workers();
    // It has no time to answer.
    await silent?.evaluate(() => (globalThis as unknown as { close(): void }).close()).catch(() => {});
    await page.getByText(/ended unexpectedly and was started again/).waitFor({ timeout: 40_000 });
    await ready(page).catch(() => page.getByRole("button", { name: "Train again" }).waitFor());
    expectQuiet();
    await context.close();
  });

  test("bad files get a sentence, and the page goes on", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, `${SMALL}`);
    await ready(page);
    const alert = page.getByRole("alert");
    const cases: readonly [name: string, text: string, said: RegExp][] = [
      ["empty.csv", "", /empty\.csv is empty/],
      ["header.csv", "a,b\n", /at least one row/],
      ["one.csv", "a,b\n1,2\n", /at least 3 rows/],
      ["ragged.csv", "a,b\n1,2\n3,4,5\n6,7\n", /line 3/],
      ["foreign.safetensors", "this is not a model", /not a saved model/],
      ["photo.png", "\u0089PNG\r\n\u001a\n\u0000\u0000", /neither a table .* nor a saved model/],
    ];
    for (const [name, text, said] of cases) {
      await openText(page, name, text);
      await expect.poll(() => alert.innerText(), POLL).toMatch(said);
      // The page has no options of the library.
      expect(await alert.innerText()).not.toMatch(/\(\w+: /);
      await page.getByRole("button", { name: "Dismiss" }).click();
    }
    // For a flow, rows with missing values are left out when the visitor says so.
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i === 7 ? "" : (i * 7) % 11}`).join("\n");
    await openText(page, "gap.csv", `a,b\n${rows}\n`);
    await page.locator(".column-list").waitFor();
    await page.getByRole("radio", { name: "Numbers" }).click({ force: true });
    await page.getByRole("button", { name: "Leave out these rows" }).click();
    await page.getByText("39 rows. Nothing is sent anywhere.").waitFor();
    await ready(page);
    // A model whose bytes have changed on the way.
    await page.click("button.primary");
    await ended(page);
    const model = await downloaded(page, "Save model");
    const bytes = await readFile(model.path);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] as number) ^ 1;
    const bad = join(folder, "bad.safetensors");
    await writeFile(bad, bytes);
    await openFile(page, bad, "bad.safetensors");
    await expect.poll(() => alert.innerText(), POLL).toMatch(/bad\.safetensors.*damaged/);
    // A constant column is said, and does not stop anything.
    await openText(
      page,
      "constant.csv",
      `a,b\n${Array.from({ length: 60 }, (_, i) => `${(i * 13) % 17},4`).join("\n")}\n`,
    );
    await expect.poll(() => alert.innerText(), POLL).toMatch(/constant/);
    await ready(page);
    expectQuiet();
    await context.close();
  });

  test("200,000 rows of five columns are read, and the flow learns them", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "steps=50&width=32&transforms=2");
    await ready(page);
    const lines = ["a,b,c,d,e"];
    for (let i = 0; i < 200_000; i++) {
      const x = Math.sin(i * 12.9898) * 43758.5453;
      const u = x - Math.floor(x);
      lines.push([u, u * u, Math.cos(9 * u) + (i % 7) / 7, (i % 13) / 13, u + (i % 5)].map((v) => v.toFixed(4)).join());
    }
    const big = join(folder, "big.csv");
    await writeFile(big, `${lines.join("\n")}\n`);
    await openFile(page, big, "big.csv");
    await page.getByText("200,000 rows. Nothing is sent anywhere.").waitFor({ timeout: 60_000 });
    await ready(page);
    await page.click("button.primary");
    await reachStep(page, 30, 120_000);
    await page.getByRole("button", { name: "Stop" }).click();
    await ended(page);
    expectQuiet();
    await context.close();
  });

  test("drawn points are learned, and their link draws them again", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "data=drawn&steps=50&width=16");
    const canvas = page.locator(".density canvas");
    const box = await canvas.boundingBox();
    if (box === null) throw new Error("expected a canvas");
    await page.mouse.move(box.x + 150, box.y + 150);
    await page.mouse.down();
    for (let k = 0; k <= 30; k++) await page.mouse.move(box.x + 150 + 10 * k, box.y + 150 + 100 * Math.sin(k / 5));
    await page.mouse.up();
    await ready(page);
    // And by keys.
    await page.locator(".density .plot").focus();
    for (let k = 0; k < 4; k++) {
      await page.keyboard.press("ArrowUp");
      await page.keyboard.press(" ");
    }
    await page.waitForTimeout(600);
    await ready(page);
    await trainToTheEnd(page);
    const held = await figure(page, "held");
    const link = page.url();
    expect(link).toContain("points=");
    const again = await openPage(browser, plain.address, new URL(link).hash.slice(1));
    await ready(again.page);
    await trainToTheEnd(again.page);
    expect(await figure(again.page, "held")).toBe(held);
    again.expectQuiet();
    expectQuiet();
    await again.context.close();
    await context.close();
  });

  test("a conditional flow: the context moves the density", async () => {
    const { page, context, expectQuiet } = await openPage(
      browser,
      plain.address,
      `data=penguins&given=${encodeURIComponent('["species"]')}&columns=${encodeURIComponent('["bill_length_mm","bill_depth_mm"]')}&steps=300&width=32`,
    );
    await ready(page);
    await trainToTheEnd(page);
    const read = async (): Promise<number> => {
      await page.mouse.move(10, 10);
      await page.locator(".density .plot").hover({ position: { x: 200, y: 200 } });
      await expect.poll(() => page.locator('[data-figure="probe"]').count(), POLL).toBe(1);
      await page.waitForTimeout(200);
      return await figureText(page, "probe");
    };
    const adelie = await read();
    await page.getByRole("radio", { name: "Gentoo" }).click({ force: true });
    await page.waitForTimeout(700);
    const gentoo = await read();
    expect(Math.abs(adelie - gentoo)).toBeGreaterThan(0.5);
    // A number as context: earthquakes given their magnitude.
    await page.goto(
      `${plain.address}?n#data=earthquakes&given=${encodeURIComponent('["magnitude"]')}&columns=${encodeURIComponent('["longitude","latitude"]')}&steps=50&width=16`,
    );
    await ready(page);
    await trainToTheEnd(page);
    const picture = (): Promise<string> =>
      page.locator(".density canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const before = await picture();
    await page.locator("#context-0").fill("6");
    await expect.poll(picture, POLL).not.toBe(before);
    expectQuiet();
    await context.close();
  });

  test("four columns: the pair is chosen, and the pair plot drawn", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "data=penguins&steps=60&width=16");
    await ready(page);
    await trainToTheEnd(page);
    const picture = (): Promise<string> =>
      page.locator(".density canvas").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    const before = await picture();
    await page.getByLabel("across").selectOption({ label: "body_mass_g" });
    await expect.poll(picture, POLL).not.toBe(before);
    await page.getByRole("button", { name: "Draw the pair plot" }).click();
    await page.locator(".pairs img").waitFor();
    for (const more of await page.locator("summary").all())
      if (!(await more.evaluate((e) => (e.parentElement as HTMLDetailsElement).open))) await more.click();
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.locator(".pairs img").evaluate((image: HTMLImageElement) => image.complete)).toBe(true);
    expectQuiet();
    await context.close();
  });

  test("one column is a curve", async () => {
    const { page, context, expectQuiet } = await openPage(
      browser,
      plain.address,
      `data=penguins&columns=${encodeURIComponent('["body_mass_g"]')}&steps=60&width=16`,
    );
    await ready(page);
    await trainToTheEnd(page);
    expect(await page.locator("#density-title").innerText()).toBe("Density of body_mass_g");
    expect(await figure(page, "held")).toBeLessThan(9);
    expectQuiet();
    await context.close();
  });

  test("threads where the page is isolated, and a sentence where it is not", async () => {
    const here = await openPage(browser, isolated.address, "width=32&steps=60&threads=2&flow=maf&seed=1");
    await ready(here.page);
    await here.page.locator("summary", { hasText: "Training options" }).click();
    const cores = await here.page.evaluate(() => navigator.hardwareConcurrency);
    if (cores > 1) expect(await here.page.getByLabel("Threads").inputValue()).toBe("2");
    await trainToTheEnd(here.page);
    const two = await figure(here.page, "held");
    here.expectQuiet();
    await here.context.close();
    const there = await openPage(browser, plain.address, "width=32&steps=60&threads=1&flow=maf&seed=1");
    await ready(there.page);
    await there.page.locator("summary", { hasText: "Training options" }).click();
    await there.page.getByText(/One thread: the page is not cross-origin isolated/).waitFor();
    await trainToTheEnd(there.page);
    expect(Math.abs((await figure(there.page, "held")) - two)).toBeLessThan(1e-3);
    there.expectQuiet();
    await there.context.close();
  });

  test("nothing jumps while the page starts, trains and ends", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL, {
      before: () => {
        Object.assign(globalThis, { shifts: 0 });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            (globalThis as unknown as { shifts: number }).shifts += (entry as unknown as { value: number }).value;
          }
        }).observe({ type: "layout-shift", buffered: true });
      },
    });
    await ready(page);
    await trainToTheEnd(page);
    await page.waitForTimeout(500);
    // The largest that counts as good is 0.1.
    expect(await page.evaluate(() => (globalThis as unknown as { shifts: number }).shifts)).toBeLessThan(0.01);
    expectQuiet();
    await context.close();
  });

  test("by keyboard alone, on a narrow screen, in the dark, without motion", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL, {
      ...{ width: 390, height: 844, colors: "dark", reducedMotion: true },
    });
    await ready(page);
    // Nothing is wider than the screen.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await page.locator("button.primary").focus();
    await page.keyboard.press("Enter");
    await ended(page);
    await page.locator("#layer").focus();
    await page.keyboard.press("Home");
    expect(await page.locator(".bend .slider output").innerText()).toMatch(/^0/);
    await page.getByRole("button", { name: "What is this?" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "A flow is a map that bends space" }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    expect(await page.locator("dialog[open]").count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    expectQuiet();
    await context.close();
  });
});

async function numbersOf(path: string): Promise<number[]> {
  const lines = (await readFile(path, "utf8")).trim().split("\n").slice(1);
  return lines.flatMap((line) => line.split(",").map(Number));
}
