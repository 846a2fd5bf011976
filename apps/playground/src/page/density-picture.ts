import { signal } from "@preact/signals";
import type { DataInfo, DensityFrame, Probed, View } from "../shared/protocol.ts";
import { DRAWING, type Range } from "../shared/settings.ts";
import { contourLabels } from "./plots/contour-labels.ts";
import { dots, FONT, type Inks, inksOf, PlotArea, prepareCanvas } from "./plots/plot-area.ts";
import { data, density, settings, view } from "./state.ts";
import { theme } from "./theme.ts";

const MARGIN = { left: 46, right: 10, top: 10, bottom: 30 };

/** Visible layers of the picture. */
export const layers = {
  density: signal(true),
  contours: signal(true),
  data: signal(true),
  samples: signal(false),
};

/** Where the visitor points, in the units of the data. */
export const pointer = signal<readonly [number, number] | undefined>(undefined);
/** The density there, and the places of the row in the picture of the layers. */
export const probed = signal<Probed | undefined>(undefined);
let area: PlotArea | undefined;

/** Position of the picture on its canvas; undefined without a picture. */
export function plotArea(): PlotArea | undefined {
  return area;
}

let bitmap: HTMLCanvasElement | undefined;

/** Draws the density of the model with the data and samples. */
export function drawDensity(canvas: HTMLCanvasElement): void {
  const { g, width, height } = prepareCanvas(canvas);
  // Read, so that other colors draw anew.
  theme.value;
  const inks = inksOf(canvas);
  const frame = density.value;
  const info = data.value;
  const isDrawn = settings.value.data === "drawn";
  const shown = frame?.view ?? view.value ?? (isDrawn ? DRAWING_VIEW : undefined);
  const isCurve = info?.layout.columns.length === 1;
  // Densities have longer names than places.
  const left = isCurve ? MARGIN.left + 18 : MARGIN.left;
  const place = {
    left,
    top: MARGIN.top,
    width: width - left - MARGIN.right,
    height: height - MARGIN.top - MARGIN.bottom,
  };
  if (shown === undefined) {
    g.strokeStyle = inks.line;
    g.strokeRect(place.left + 0.5, place.top + 0.5, place.width - 1, place.height - 1);
    area = undefined;
    return;
  }
  area = new PlotArea(place, shown.x, isCurve ? curveRange(frame, info) : shown.y);
  g.save();
  g.beginPath();
  g.rect(place.left, place.top, place.width, place.height);
  g.clip();
  if (isCurve) drawCurve(g, area, frame, info, inks);
  else {
    if (frame?.pixels !== undefined && layers.density.value) drawPixels(g, area, frame);
    if (frame !== undefined && layers.contours.value) drawContours(g, area, frame, inks);
    if (info !== undefined && layers.data.value) drawData(g, area, info, shown, inks.ink);
    if (isDrawn && info === undefined) drawPoints(g, area, settings.value.points, inks.ink);
    if (frame !== undefined && layers.samples.value) {
      g.fillStyle = inks.warm;
      g.globalAlpha = 0.75;
      drawPoints(g, area, frame.samples, inks.warm);
      g.globalAlpha = 1;
    }
    if (frame !== undefined && layers.contours.value) labelContours(g, area, frame, inks);
  }
  if (pointer.value !== undefined) {
    g.strokeStyle = inks.ink;
    drawCross(g, area, place, pointer.value, isCurve);
  }
  g.restore();
  const columns = info?.layout.columns ?? ["x", "y"];
  const [across, up] = shown.pair;
  area.axes(g, inks, columns[across] ?? "", isCurve ? "density" : (columns[up] ?? ""));
}

/** Lines through the place of the pointer; of a curve only the upright one. */
function drawCross(
  g: CanvasRenderingContext2D,
  on: PlotArea,
  place: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  [x, y]: readonly [number, number],
  isCurve: boolean,
): void {
  g.globalAlpha = 0.45;
  g.setLineDash([3, 4]);
  g.beginPath();
  const [px, py] = [Math.round(on.px(x)) + 0.5, Math.round(on.py(y)) + 0.5];
  g.moveTo(px, place.top);
  g.lineTo(px, place.top + place.height);
  if (!isCurve) {
    g.moveTo(place.left, py);
    g.lineTo(place.left + place.width, py);
  }
  g.stroke();
}

const DRAWING_VIEW: View = {
  pair: [0, 1],
  x: [-DRAWING, DRAWING],
  y: [-DRAWING, DRAWING],
  context: [],
  theme: "light",
};

function drawPixels(g: CanvasRenderingContext2D, to: PlotArea, { pixels, size }: DensityFrame): void {
  bitmap ??= document.createElement("canvas");
  if (bitmap.width !== size) bitmap.width = bitmap.height = size;
  bitmap.getContext("2d")?.putImageData(new ImageData(pixels as Uint8ClampedArray<ArrayBuffer>, size, size), 0, 0);
  g.imageSmoothingEnabled = true;
  g.imageSmoothingQuality = "high";
  g.drawImage(bitmap, to.left, to.top, to.width, to.height);
}

function drawContours(g: CanvasRenderingContext2D, to: PlotArea, { contours }: DensityFrame, inks: Inks): void {
  g.strokeStyle = inks.ink;
  g.lineWidth = 1;
  for (const { mass, rings } of contours) {
    g.globalAlpha = 0.2 + 0.3 * (1 - mass);
    g.beginPath();
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) {
        const [px, py] = [to.px(ring[i] as number), to.py(ring[i + 1] as number)];
        if (i === 0) g.moveTo(px, py);
        else g.lineTo(px, py);
      }
      g.closePath();
    }
    g.stroke();
  }
  g.globalAlpha = 1;
}

/** The share of the probability that each contour encloses, on its line. */
function labelContours(g: CanvasRenderingContext2D, to: PlotArea, { contours }: DensityFrame, inks: Inks): void {
  g.save();
  g.font = FONT.replace("12px", "600 11px");
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.lineJoin = "round";
  g.lineWidth = 3;
  g.strokeStyle = inks.surface;
  g.fillStyle = inks.ink;
  for (const { text, x, y } of contourLabels(contours, to)) {
    g.globalAlpha = 0.8;
    g.strokeText(text, x, y);
    g.globalAlpha = 1;
    g.fillText(text, x, y);
  }
  g.restore();
}

/** Draws the data. For a conditional flow, points with a context near the chosen one are highlighted. */
function drawData(g: CanvasRenderingContext2D, to: PlotArea, info: DataInfo, shown: View, ink: string): void {
  const [x, y] = [info.points[shown.pair[0]], info.points[shown.pair[1]]];
  if (x === undefined || y === undefined) return;
  g.fillStyle = ink;
  const size = x.length > 1200 ? 1.7 : x.length > 400 ? 2.2 : 3;
  const near: number[] = [];
  const far: number[] = [];
  for (let i = 0; i < x.length; i++) {
    (isNear(info, shown.context, i) ? near : far).push(to.px(x[i] as number), to.py(y[i] as number));
  }
  g.globalAlpha = 0.08;
  dots(g, far, size);
  g.globalAlpha = 0.42;
  dots(g, near, size);
  g.globalAlpha = 1;
}

function isNear({ layout, contexts, contextRanges }: DataInfo, given: readonly number[], i: number): boolean {
  return layout.context.every((column, k) => {
    const value = contexts[k]?.[i] as number;
    if (column.kind === "category") return value === given[k];
    const [low, high] = contextRanges[k] as Range;
    return Math.abs(value - (given[k] as number)) < 0.08 * (high - low);
  });
}

function drawPoints(g: CanvasRenderingContext2D, to: PlotArea, points: ArrayLike<number>, ink: string): void {
  g.fillStyle = ink;
  const pixels = Float64Array.from(points, (value, i) => (i % 2 === 0 ? to.px(value) : to.py(value)));
  dots(g, pixels, points.length > 1600 ? 1.9 : 2.6);
}

const BARS = 48;

/** The heights of a histogram of a single column, as a density. */
function histogram(info: DataInfo, [low, high]: Range): Float64Array {
  const bars = new Float64Array(BARS);
  const values = info.points[0] ?? new Float64Array(0);
  for (const value of values) {
    const bar = Math.floor(((value - low) / (high - low)) * BARS);
    if (bar >= 0 && bar < BARS) bars[bar] = (bars[bar] as number) + BARS / ((high - low) * values.length);
  }
  return bars;
}

function curveRange(frame: DensityFrame | undefined, info: DataInfo | undefined): Range {
  let top = 0;
  for (const value of frame?.logDensity ?? []) if (Number.isFinite(value)) top = Math.max(top, Math.exp(value));
  if (info !== undefined && frame !== undefined) top = Math.max(top, ...histogram(info, frame.view.x));
  return [0, top > 0 ? 1.1 * top : 1];
}

function drawCurve(
  g: CanvasRenderingContext2D,
  to: PlotArea,
  frame: DensityFrame | undefined,
  info: DataInfo,
  inks: Inks,
): void {
  if (frame === undefined) return;
  const { x } = frame.view;
  if (layers.data.value && info.points.length > 0) {
    g.fillStyle = inks.muted;
    g.globalAlpha = 0.25;
    const width = to.width / BARS;
    for (const [k, value] of histogram(info, x).entries()) {
      g.fillRect(to.left + k * width, to.py(value), width - 1, to.py(0) - to.py(value));
    }
    g.globalAlpha = 1;
  }
  const count = frame.logDensity.length;
  const at = (i: number): readonly [number, number] => [
    to.px(x[0] + ((i + 0.5) / count) * (x[1] - x[0])),
    to.py(Math.exp(frame.logDensity[i] as number)),
  ];
  g.beginPath();
  for (let i = 0; i < count; i++) g.lineTo(...at(i));
  g.strokeStyle = inks.accent;
  g.lineWidth = 2;
  if (layers.contours.value || layers.density.value) g.stroke();
  if (layers.density.value) {
    g.lineTo(to.px(x[1]), to.py(0));
    g.lineTo(to.px(x[0]), to.py(0));
    g.fillStyle = inks.accent;
    g.globalAlpha = 0.18;
    g.fill();
    g.globalAlpha = 1;
  }
  if (layers.samples.value) {
    g.fillStyle = inks.warm;
    for (let i = 0; i < frame.samples.length; i += 2)
      g.fillRect(to.px(frame.samples[i] as number), to.py(0) - 12, 1, 10);
  }
}
