// The story that the page tells in its first minute, one visit a test. All of it runs with `npm run verify`.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import { DIST, ended, openPage, reachStep, ready } from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE, POLL, SMALL } from "./visit-settings.ts";

declare global {
  var shifts: number;
}

/** Sums up what moves without an action of the visitor. */
function watchShifts(): void {
  globalThis.shifts = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) globalThis.shifts += (entry as PerformanceEntry & { value: number }).value;
  }).observe({ type: "layout-shift", buffered: true });
}

const EXAMPLE = "Example: a trained flow, layer by layer.";

describe("the story", { timeout: 2 * MINUTE }, () => {
  let browser: Browser;
  let server: StaticServer;

  beforeAll(async () => {
    browser = await openBrowser();
    server = await staticServer(DIST);
  }, 2 * MINUTE);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const picture = (page: Page, selector: string): Promise<string> =>
    page.locator(selector).evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const caption = (page: Page): Promise<string> => page.locator(".bend .slider label").innerText();

  test("a trained flow plays once, moves nothing, and leaves the page as it was", async () => {
    const { page, context, expectQuiet } = await openPage(browser, server.address, "", { before: watchShifts });
    await page.getByText(EXAMPLE).waitFor({ timeout: MINUTE });
    const start = performance.now();
    const base = await picture(page, ".density canvas");
    await expect.poll(() => caption(page), { timeout: MINUTE }).toBe("After the last layer: the data");
    await expect.poll(() => picture(page, ".density canvas"), POLL).not.toBe(base);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByText(EXAMPLE).waitFor({ state: "detached", timeout: MINUTE });
    // Timers of a busy machine are late.
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(await caption(page)).toMatch(/^Base/);
    expect(await page.locator('[data-figure="step"]').innerText()).toBe("0");
    await page.waitForTimeout(1000);
    expect(await page.getByText(EXAMPLE).count()).toBe(0);
    expect(await page.evaluate(() => globalThis.shifts)).toBeLessThan(0.001);
    expectQuiet();
    await context.close();
  });

  test("an action stops it at once, and training works as ever", async () => {
    const { page, context, expectQuiet } = await openPage(browser, server.address, "");
    await page.getByText(EXAMPLE).waitFor({ timeout: MINUTE });
    await page.keyboard.press("Tab");
    await page.getByText(EXAMPLE).waitFor({ state: "detached", timeout: 2000 });
    expect(await caption(page)).toMatch(/^Base/);
    await page.click("button.primary");
    await reachStep(page, 4);
    // The picture of the layers follows what is learned.
    await expect.poll(() => caption(page), POLL).toBe("After the last layer: the data");
    expectQuiet();
    await context.close();
  });

  test("it does not play with reduced motion, or where a link has settings", async () => {
    for (const [settings, reducedMotion] of [
      ["", true],
      [SMALL, false],
    ] as const) {
      const { page, context } = await openPage(browser, server.address, settings, { reducedMotion });
      await ready(page);
      await page.waitForTimeout(3000);
      expect(await page.getByText(EXAMPLE).count()).toBe(0);
      expect(await caption(page)).toMatch(/^Base/);
      await context.close();
    }
  });

  test("a place of the density has its place in the base, by hover and by keys", async () => {
    const { page, context, expectQuiet } = await openPage(browser, server.address, SMALL, { reducedMotion: true });
    await ready(page);
    await page.click("button.primary");
    await ended(page);
    const before = await picture(page, ".bend canvas");
    const plot = page.locator(".density .plot");
    const box = await plot.boundingBox();
    if (box === null) throw new Error("expected a picture");
    const at = async (x: number, y: number): Promise<number[]> => {
      await plot.hover({ position: { x: x * box.width, y: y * box.height } });
      await page.waitForTimeout(600);
      const text = await page.locator('[data-figure="base"]').innerText();
      return text.split(", ").map((part) => Number(part.replace("−", "-")));
    };
    const first = await at(0.3, 0.3);
    expect(first).toHaveLength(2);
    const marked = await picture(page, ".bend canvas");
    expect(marked).not.toBe(before);
    const second = await at(0.7, 0.7);
    expect(
      Math.hypot((second[0] as number) - (first[0] as number), (second[1] as number) - (first[1] as number)),
    ).toBeGreaterThan(0.5);
    // The picture of the base alone shows it as well.
    await page.locator("#layer").fill("0");
    await at(0.3, 0.3);
    const onBase = await picture(page, ".bend canvas");
    await at(0.7, 0.7);
    expect(await picture(page, ".bend canvas")).not.toBe(onBase);
    await plot.focus();
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => page.locator('[data-figure="base"]').count(), POLL).toBe(1);
    await page.keyboard.press("Escape");
    await expect.poll(() => page.locator('[data-figure="base"]').count(), POLL).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    expectQuiet();
    await context.close();
  });

  test("on a small phone the button that trains is in sight with the picture, and a tap reads the base", async () => {
    for (const colors of ["light", "dark"] as const) {
      const options = { width: 360, height: 740, hasTouch: true, colors, before: watchShifts };
      const { page, context, expectQuiet } = await openPage(browser, server.address, SMALL, options);
      await ready(page);
      const box = (selector: string): Promise<{ y: number; height: number } | null> =>
        page.locator(selector).boundingBox();
      const [select, canvas, button] = [
        await box(".data-select"),
        await box(".density canvas"),
        await box("button.primary"),
      ];
      if (select === null || canvas === null || button === null) throw new Error("expected all three");
      expect(select.y + select.height).toBeLessThanOrEqual(canvas.y);
      expect(canvas.y + canvas.height).toBeLessThanOrEqual(button.y);
      expect(button.y + button.height).toBeLessThanOrEqual(740);
      await page.locator(".density .plot").tap({ position: { x: 165, y: 120 } });
      await expect.poll(() => page.locator('[data-figure="base"]').count(), POLL).toBe(1);
      expect((await box("button.primary"))?.y).toBe(button.y);
      expect(await axeViolations(page)).toEqual([]);
      expectQuiet();
      await context.close();
    }
  });

  test("a flow whose density takes long shows a coarse picture first", async () => {
    const { page, context, expectQuiet } = await openPage(browser, server.address, "flow=unaf", {
      before: () => {
        const { prototype } = CanvasRenderingContext2D;
        const put = prototype.putImageData as (this: CanvasRenderingContext2D, ...all: unknown[]) => void;
        globalThis.pictures = [];
        prototype.putImageData = function (this: CanvasRenderingContext2D, ...all: unknown[]): void {
          globalThis.pictures.push((all[0] as ImageData).width);
          put.call(this, ...all);
        };
      },
    });
    await ready(page);
    const start = performance.now();
    await page.waitForFunction(() => globalThis.pictures.length > 0, null, { timeout: MINUTE });
    console.log(`first picture of UNAF after ${(performance.now() - start).toFixed(0)} ms`);
    expect(await page.evaluate(() => globalThis.pictures[0])).toBe(16);
    expectQuiet();
    await context.close();
  });
});
