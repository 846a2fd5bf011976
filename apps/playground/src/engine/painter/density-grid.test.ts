import { TimeSlice } from "@pushforward/core/plain";
import { createKey, type Flow, MultivariateNormal, nsf, useBackend } from "pushforward";
import { beforeAll, expect, test, vi } from "vitest";
import type { View } from "../../shared/protocol.ts";
import { type Detail, densityOfOne, densityOfPair, densityOfTwo, PainterLink, paint } from "./density-grid.ts";

beforeAll(() => useBackend("cpu"));

const view: View = { pair: [0, 1], x: [-4, 4], y: [-6, 6], context: [], theme: "light" };
const slice = new TimeSlice(1e9);

/** Mean and variances of a density on a grid, and its mass. */
function moments({ x, y, logDensity }: { x: Float64Array; y: Float64Array; logDensity: Float32Array }): number[] {
  const area = ((x[1] as number) - (x[0] as number)) * ((y[1] as number) - (y[0] as number));
  let [mass, xx, yy] = [0, 0, 0];
  for (const [k, value] of logDensity.entries()) {
    const p = Math.exp(value) * area;
    mass += p;
    xx += p * (x[k % x.length] as number) ** 2;
    yy += p * (y[Math.floor(k / x.length)] as number) ** 2;
  }
  return [mass, xx, yy];
}

test("a flow of two columns has mass 1, and columns may be shown the other way round", async () => {
  const flow = new MultivariateNormal({
    mean: [0, 0],
    covariance: [
      [0.5, 0],
      [0, 2],
    ],
  }) as unknown as Flow;
  const upright = moments(await densityOfTwo(flow, view, 120, undefined, slice));
  for (const [i, expected] of [1, 0.5, 2].entries()) expect(upright[i]).toBeCloseTo(expected, 2);
  const turned = { ...view, pair: [1, 0], x: [-6, 6], y: [-4, 4] } as const;
  const across = moments(await densityOfTwo(flow, turned, 120, undefined, slice));
  for (const [i, expected] of [1, 2, 0.5].entries()) expect(across[i]).toBeCloseTo(expected, 2);
  flow.dispose();
});

test("that of one column has mass 1", () => {
  using flow = nsf({ features: 1, key: createKey(0) });
  const { x, logDensity } = densityOfOne(flow, { ...view, x: [-6, 6] }, 400, undefined);
  const width = (x[1] as number) - (x[0] as number);
  expect(logDensity.reduce((sum, value) => sum + width * Math.exp(value), 0)).toBeCloseTo(1, 4);
});

test("that of two of three columns is near to the true one", () => {
  const covariance = [
    [1, 0.5, 0],
    [0.5, 1, 0],
    [0, 0, 4],
  ];
  const flow = new MultivariateNormal({ mean: [0, 0, 0], covariance }) as unknown as Flow;
  const pair = { ...view, pair: [0, 2], y: [-10, 10] } as const;
  const [mass, xx, yy] = moments(densityOfPair(flow, pair, 100, undefined, createKey(1), 40_000));
  expect(mass).toBeCloseTo(1, 2);
  // Smoothing widens a little.
  expect(xx).toBeGreaterThan(0.98);
  expect(xx).toBeLessThan(1.15);
  expect(yy).toBeGreaterThan(3.9);
  expect(yy).toBeLessThan(4.6);
  flow.dispose();
});

test("a painted density has outlines that hold their share, and fades into the page", async () => {
  const flow = new MultivariateNormal({
    mean: [0, 0],
    covariance: [
      [1, 0],
      [0, 1],
    ],
  }) as unknown as Flow;
  const grid = await densityOfTwo(flow, { ...view, y: [-4, 4] }, 100, undefined, slice);
  const { pixels, contours, scale } = paint(grid, "light");
  expect(contours.map(({ mass }) => mass)).toEqual([0.95, 0.8, 0.5, 0.2]);
  for (const { mass, rings } of contours) {
    expect(rings).toHaveLength(1);
    // A circle of this radius holds that share of a standard normal.
    const radius = Math.sqrt(-2 * Math.log(1 - mass));
    const [x, y] = rings[0] as Float64Array;
    expect(Math.abs(Math.hypot(x as number, y as number) - radius)).toBeLessThan(0.08);
  }
  // The color bar says which density a color means: pixels of about that density have about that color.
  expect(scale).toHaveLength(9);
  for (const [k, { density, color }] of scale.entries()) {
    if (k > 0) expect(density).toBeGreaterThan(scale[k - 1]?.density as number);
    let nearest = 0;
    for (const [i, value] of grid.logDensity.entries()) {
      const off = (at: number): number => Math.abs(Math.exp(grid.logDensity[at] as number) - density);
      if (Number.isFinite(value) && off(i) < off(nearest)) nearest = i;
    }
    const at = 4 * ((99 - Math.floor(nearest / 100)) * 100 + (nearest % 100));
    for (const [channel, offset] of [16, 8, 0].entries()) {
      const expected = (Number.parseInt(color.slice(1), 16) >> offset) & 255;
      expect(Math.abs((pixels[at + channel] as number) - expected)).toBeLessThan(12);
    }
  }
  expect(scale.at(-1)?.density).toBeCloseTo(1 / (2 * Math.PI), 1);
  expect(pixels[3]).toBe(0);
  expect(pixels[4 * (50 * 100 + 50) + 3]).toBe(255);
  flow.dispose();
});

test("a density that is nowhere finite is an empty picture", () => {
  const empty = {
    x: new Float64Array([0, 1]),
    y: new Float64Array([0, 1]),
    logDensity: new Float32Array(4).fill(-Infinity),
  };
  expect(paint(empty, "dark")).toEqual({ pixels: new Uint8ClampedArray(16), contours: [], scale: [] });
});

test("all early pictures are drawn, one after the other, and later ones only when the painter is ready", async () => {
  using flow = nsf({ features: 1, key: createKey(0) });
  const { port1, port2 } = new MessageChannel();
  const link = new PainterLink(port1, () => {});
  const got: string[] = [];
  port2.onmessage = ({ data }: MessageEvent<{ step: number; detail: Detail }>) => {
    got.push(`${data.step} ${data.detail}`);
    if (data.step < 300) setTimeout(() => port2.postMessage("drawn"), 5);
  };
  try {
    for (let step = 1; step <= 400; step++) {
      const drawn = link.noteStep(step, (detail) => link.sendWeights(flow, step, detail));
      expect(drawn !== undefined).toBe([1, 2, 4, 8, 16, 32, 64, 128, 256].includes(step));
      await drawn;
      if (step === 256) expect(got.at(-1)).toBe("256 early");
      // Time for a picture of later steps: of one that is never drawn no second one follows.
      if (step === 300 || step === 350) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(got).toEqual(expect.arrayContaining([1, 2, 4, 8, 16, 32, 64, 128, 256].map((step) => `${step} early`)));
    expect(got.filter((text) => Number.parseInt(text, 10) > 300)).toEqual(["301 live"]);
  } finally {
    port1.close();
    port2.close();
  }
});

test("training does not wait long for a painter that is slow, and does not wait again before the next model", async () => {
  using flow = nsf({ features: 1, key: createKey(0) });
  const { port1, port2 } = new MessageChannel();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const link = new PainterLink(port1, () => {});
    const note = (step: number): Promise<void> | undefined =>
      link.noteStep(step, (detail) => link.sendWeights(flow, step, detail));
    let isOver = false;
    const waited = note(1)?.then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(2900);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(isOver).toBe(true);
    await waited;
    expect(note(2)).toBeUndefined();
    link.sendModel(flow, {
      layout: { columns: ["x"], context: [] },
      points: [],
      contexts: undefined,
      step: 0,
      seed: 0,
    });
    const next = note(1);
    expect(next).toBeDefined();
    await vi.advanceTimersByTimeAsync(3100);
    await next;
  } finally {
    vi.useRealTimers();
    port1.close();
    port2.close();
  }
});
