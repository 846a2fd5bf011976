// Files that come in, links, narrow screens and single steps, one visit a test. All of it runs with `npm run verify`.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeViolations } from "./axe-violations.ts";
import { openBrowser } from "./browser.ts";
import {
  DIST,
  downloaded,
  ended,
  figure,
  figureText,
  openFile,
  openPage,
  openText,
  ready,
  shownStep,
  trainToTheEnd,
} from "./open-page.ts";
import { type StaticServer, staticServer } from "./static-server.ts";
import { MINUTE, POLL, SMALL } from "./visit-settings.ts";

describe("files and screens", { timeout: 3 * MINUTE }, () => {
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

  test("a saved model of any name is opened, named, and shown in a window that holds every category", async () => {
    const { page, context, expectQuiet } = await openPage(
      browser,
      plain.address,
      `data=penguins&given=${encodeURIComponent('["species"]')}&columns=${encodeURIComponent('["bill_length_mm","body_mass_g"]')}&steps=300&width=32`,
    );
    await ready(page);
    await trainToTheEnd(page);
    const model = await downloaded(page, "Save model");
    const second = await openPage(browser, plain.address, "");
    await ready(second.page);
    await openFile(second.page, model.path, "penguins.model");
    await second.page.locator("#density-title", { hasText: "penguins.model" }).waitFor();
    await second.page.getByText(/^Open model: penguins\.model$/).waitFor();
    await second.page.getByText("penguins.model came without data. Choose data to train a new flow.").waitFor();
    expect(await second.page.locator("button.primary").isDisabled()).toBe(true);
    expect(await second.page.locator('input[name="data"]:checked').count()).toBe(0);
    expect(await second.page.locator("#data-title").innerText()).toBe("Data");
    // Gentoos, the heaviest, are inside of the window as well: the outer contour ends within it.
    await second.page.getByRole("radio", { name: "Gentoo" }).click({ force: true });
    await second.page.waitForTimeout(800);
    const plot = second.page.locator(".density .plot");
    const box = await plot.boundingBox();
    if (box === null) throw new Error("expected a picture");
    const edge: number[] = [];
    for (const share of [0.3, 0.5, 0.7]) {
      await plot.hover({ position: { x: 46 + share * (box.width - 56), y: 14 } });
      await second.page.waitForTimeout(250);
      edge.push(await figureText(second.page, "probe"));
    }
    // The density at its top is about exp(−8.6).
    expect(Math.max(...edge)).toBeLessThan(-10);
    // Choosing the data of before trains a new flow.
    await second.page.getByRole("radio", { name: "Two moons" }).click({ force: true });
    await ready(second.page);
    expect(await second.page.locator(".open-model").count()).toBe(0);
    second.expectQuiet();
    expectQuiet();
    await second.context.close();
    await context.close();
  });

  test("a link to one's own file keeps columns and missing values for the file that is opened", async () => {
    const settings = `data=file&missing=drop&given=${encodeURIComponent('["kind"]')}&columns=${encodeURIComponent('["b"]')}&steps=50&width=16`;
    const { page, context, expectQuiet } = await openPage(browser, plain.address, settings);
    const alert = page.getByRole("alert");
    await expect
      .poll(() => alert.innerText(), POLL)
      .toMatch(/no link contains\. It uses the columns b\. Given columns: kind\./);
    expect(await page.getByRole("button", { name: "Open the file" }).count()).toBe(1);
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i === 7 ? "" : (i * 7) % 11},${i % 2 === 0 ? "p" : "q"}`);
    await openText(page, "own.csv", `a,b,kind\n${rows.join("\n")}\n`);
    await page.getByText("39 rows. Nothing is sent anywhere.").waitFor();
    await ready(page);
    expect(await page.locator("#density-title").innerText()).toBe("Density of b");
    await page.getByRole("radio", { name: "q", exact: true }).waitFor({ state: "attached" });
    expect(new URL(page.url()).hash).toContain("missing=drop");
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy link" }).click();
    await expect.poll(() => alert.innerText(), POLL).toMatch(/The link is copied\. .*not your file/);
    expectQuiet();
    await context.close();
  });

  test("the whole picture and the choice of data are on the first screen, large and small", async () => {
    for (const [width, height] of [
      [1280, 800],
      [360, 740],
    ] as const) {
      const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL, { width, height });
      await ready(page);
      const bottom = async (selector: string): Promise<number> => {
        const box = await page.locator(selector).boundingBox();
        return box === null ? Number.NaN : box.y + box.height;
      };
      expect(await bottom(".density canvas"), `${width}`).toBeLessThanOrEqual(height);
      expect((await page.locator(".density canvas").boundingBox())?.width).toBeGreaterThan(280);
      const choice = width > 760 ? ".tiles" : ".data-select";
      expect(await bottom(choice)).toBeLessThanOrEqual(height);
      if (width <= 760) {
        await page.locator(choice).selectOption({ label: "Four rings" });
        await expect.poll(() => page.locator("#data-title").innerText(), POLL).toBe("Data: Four rings");
        await ready(page);
      }
      expect(await axeViolations(page)).toEqual([]);
      expectQuiet();
      await context.close();
    }
  });

  test("a tap reads the density, and what it read stays", async () => {
    const options = { width: 360, height: 740, hasTouch: true };
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL, options);
    await ready(page);
    const read = async (x: number, y: number): Promise<number> => {
      await page.locator(".density .plot").tap({ position: { x, y } });
      await expect.poll(() => page.locator('[data-figure="probe"]').count(), POLL).toBe(1);
      await page.waitForTimeout(600);
      return await figureText(page, "probe");
    };
    const middle = await read(165, 120);
    expect(middle).toBeGreaterThan((await read(60, 20)) + 0.5);
    expectQuiet();
    await context.close();
  });

  test("a drop target is shown while a file is dragged", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL);
    await ready(page);
    const drag = (type: string, of: "Files" | "text/plain"): Promise<void> =>
      page.evaluate(
        ([name, kind]) => {
          const dataTransfer = new DataTransfer();
          if (kind === "Files") dataTransfer.items.add(new File(["a,b\n1,2\n3,4\n5,7\n2,9\n"], "own.csv"));
          else dataTransfer.setData("text/plain", "text");
          document.body.dispatchEvent(
            new DragEvent(name as string, { bubbles: true, cancelable: true, dataTransfer, relatedTarget: null }),
          );
        },
        [type, of],
      );
    const target = page.getByText("Drop a table (CSV, Parquet, Arrow) or a saved model.");
    await drag("dragover", "text/plain");
    expect(await target.count()).toBe(0);
    await drag("dragover", "Files");
    await target.waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await drag("dragleave", "Files");
    await expect.poll(() => target.count(), POLL).toBe(0);
    await drag("dragover", "Files");
    await target.waitFor();
    await drag("drop", "Files");
    await expect.poll(() => target.count(), POLL).toBe(0);
    await expect.poll(() => page.locator("#data-title").innerText(), POLL).toBe("Data: CSV file");
    expectQuiet();
    await context.close();
  });

  test("on a phone the picture comes before the settings, and an error is where the visitor is", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL, { width: 390, height: 844 });
    await ready(page);
    const top = async (selector: string): Promise<number> =>
      (await page.locator(selector).boundingBox())?.y ?? Number.NaN;
    const order = [".story", ".density canvas", "button.primary", ".figures", ".bend", ".controls"];
    const tops: number[] = [];
    for (const selector of order) tops.push(await top(selector));
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    // The picture and the button are on the first screen.
    expect(tops[2]).toBeLessThan(844);
    // An error is in sight at the top of the page and at its end.
    for (const place of [0, 10_000]) {
      await page.evaluate((y) => scrollTo(0, y), place);
      await openText(page, "empty.csv", "");
      const box = await page.locator(".notice.error").boundingBox();
      expect(box?.y).toBeGreaterThan(0);
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
      await page.getByRole("button", { name: "Dismiss" }).click();
    }
    // The formulas of the help fit, and its cross stands beside the title.
    await page.getByRole("button", { name: "What is this?" }).click();
    for (const formula of await page.locator(".formula").all()) {
      expect(await formula.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
    }
    const [title, cross] = [
      await page.locator("#help-title").boundingBox(),
      await page.locator("dialog button").boundingBox(),
    ];
    expect((cross?.y ?? 0) < (title?.y ?? 0) + 20).toBe(true);
    expect((cross?.x ?? 0) >= (title?.x ?? 0) + (title?.width ?? 0)).toBe(true);
    expectQuiet();
    await context.close();
  });

  test("single steps, the color bar and the marks of the pictures", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, `${SMALL}&steps=200`, {
      height: 1000,
    });
    await ready(page);
    // Before training the loss is that of the untrained flow, not a dash.
    const before = await figure(page, "held");
    expect(before).toBeGreaterThan(2);
    for (const step of [1, 2]) {
      await page.getByRole("button", { name: "Step", exact: true }).click();
      await expect.poll(() => shownStep(page), POLL).toBe(step);
      await page.getByRole("button", { name: "Continue" }).waitFor();
      await page.waitForTimeout(300);
      expect(await shownStep(page)).toBe(step);
    }
    await page.getByRole("button", { name: "Continue" }).click();
    await ended(page);
    expect(await figure(page, "held")).toBeLessThan(before);
    await expect.poll(() => page.locator(".ticks li").count(), POLL).toBe(5);
    const ticks = (await page.locator(".ticks li").allInnerTexts()).map((text) => Number(text.replace("−", "-")));
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
    expect(ticks[0]).toBeGreaterThan(0);
    expect(await page.locator(".loss .chart").getAttribute("aria-label")).toMatch(
      /Best validation loss: .* at step \d+/,
    );
    await page.getByText(/On 60 validation rows a loss can fall below it by chance/).waitFor();
    expect(
      await page
        .locator(".tile svg path")
        .evaluateAll((all) => all.every((path) => (path.getAttribute("d") ?? "").length > 500)),
    ).toBe(true);
    expectQuiet();
    await context.close();
  });

  test("a picture that is being saved outlives its model", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, "flow=maf&width=128&transforms=8");
    await ready(page);
    for (const name of ["Pinwheel", "Two spirals", "Four rings"]) {
      const saved = page.waitForEvent("download", { timeout: 60_000 });
      await page.evaluate((label) => {
        const svg = [...document.querySelectorAll("button")].find((button) => button.textContent === "Picture, SVG");
        svg?.click();
        document.querySelector<HTMLInputElement>(`input[aria-label="${label}"]`)?.click();
      }, name);
      await saved;
      await ready(page);
      expect(await page.locator(".notice.error").count()).toBe(0);
    }
    expectQuiet();
    await context.close();
  });

  test("a file with other columns closes the open model, and says so", async () => {
    const { page, context, expectQuiet } = await openPage(browser, plain.address, SMALL);
    await ready(page);
    const model = await downloaded(page, "Save model");
    await openFile(page, model.path, "moons.model");
    await page.locator("#density-title", { hasText: "moons.model" }).waitFor();
    const rows = Array.from({ length: 30 }, (_, i) => `${i},${(i * 7) % 11}`).join("\n");
    await openText(page, "other.csv", `a,x\n${rows}\n`);
    await page.getByText("The model moons.model is closed: other.csv is now data for a new flow.").waitFor();
    // All of its columns are learned, not only the one that the model has as well.
    expect(
      await page.locator(".columns select").evaluateAll((all) => all.map((s) => (s as HTMLSelectElement).value)),
    ).toEqual(["model", "model"]);
    await ready(page);
    expectQuiet();
    await context.close();
  });
});
