import { niceTicks } from "../../shared/nice-ticks.ts";
import type { CurvePoint } from "../../shared/protocol.ts";
import type { Range } from "../../shared/settings.ts";

/** Colors of the page that pictures take, by their names in its style sheet. */
export interface Inks {
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly surface: string;
  readonly accent: string;
  readonly warm: string;
  readonly cool: string;
}

/** The colors of the running theme. */
export function inksOf(element: Element): Inks {
  const style = getComputedStyle(element);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: read("ink"),
    muted: read("muted"),
    line: read("line"),
    surface: read("surface"),
    accent: read("accent"),
    warm: read("warm"),
    cool: read("cool"),
  };
}

/** A pair of axes on a canvas: its position, and the map from data to pixels. */
export class PlotArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: Range;
  readonly y: Range;

  constructor(place: { left: number; top: number; width: number; height: number }, x: Range, y: Range) {
    this.left = place.left;
    this.top = place.top;
    this.width = place.width;
    this.height = place.height;
    this.x = x;
    this.y = y;
  }

  px(value: number): number {
    return this.left + ((value - this.x[0]) / (this.x[1] - this.x[0])) * this.width;
  }

  py(value: number): number {
    return this.top + this.height - ((value - this.y[0]) / (this.y[1] - this.y[0])) * this.height;
  }

  /** The data at a pixel; undefined outside. */
  at(px: number, py: number): readonly [number, number] | undefined {
    const a = (px - this.left) / this.width;
    const b = (this.top + this.height - py) / this.height;
    if (!(a >= 0 && a <= 1 && b >= 0 && b <= 1)) return undefined;
    return [this.x[0] + a * (this.x[1] - this.x[0]), this.y[0] + b * (this.y[1] - this.y[0])];
  }

  /** Ticks, their labels, the names of the axes, and the frame. */
  axes(g: CanvasRenderingContext2D, inks: Inks, xLabel: string, yLabel: string): void {
    g.save();
    g.font = FONT;
    g.fillStyle = inks.muted;
    g.strokeStyle = inks.line;
    g.lineWidth = 1;
    g.textBaseline = "top";
    g.textAlign = "center";
    const bottom = this.top + this.height;
    for (const { value, label } of niceTicks(this.x, this.width / 70)) {
      const px = this.px(value);
      segment(g, px, bottom, px, bottom + 4);
      g.fillText(label, Math.min(px, this.left + this.width - g.measureText(label).width / 2), bottom + 7);
    }
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (const { value, label } of niceTicks(this.y, this.height / 60)) {
      const py = this.py(value);
      segment(g, this.left - 4, py, this.left, py);
      g.fillText(label, this.left - 7, py);
    }
    g.strokeRect(this.left + 0.5, this.top + 0.5, this.width - 1, this.height - 1);
    g.fillStyle = inks.ink;
    g.textAlign = "right";
    g.textBaseline = "bottom";
    g.fillText(xLabel, this.left + this.width - 8, bottom - 7);
    g.textAlign = "left";
    g.textBaseline = "top";
    g.fillText(yLabel, this.left + 9, this.top + 9);
    g.restore();
  }
}

/** As on the page. */
export const FONT =
  '12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

function segment(g: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  g.beginPath();
  g.moveTo(x0, y0);
  g.lineTo(x1, y1);
  g.stroke();
}

/** Sets a canvas to the resolution of the screen and returns its drawing context. One unit is a pixel of the page. */
export function prepareCanvas(canvas: HTMLCanvasElement): {
  g: CanvasRenderingContext2D;
  width: number;
  height: number;
} {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = Math.min(3, globalThis.devicePixelRatio || 1);
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const g = canvas.getContext("2d") as CanvasRenderingContext2D;
  g.setTransform(scale, 0, 0, scale, 0, 0);
  g.clearRect(0, 0, width, height);
  return { g, width, height };
}

/** Dots, all in one path: thousands take a millisecond. */
export function dots(g: CanvasRenderingContext2D, places: ArrayLike<number>, size: number): void {
  g.beginPath();
  const half = size / 2;
  for (let i = 0; i < places.length; i += 2) {
    g.rect((places[i] as number) - half, (places[i + 1] as number) - half, size, size);
  }
  g.fill();
}

/** The lowest point of a curve, the first of several; undefined where no point is finite. */
export function bestPoint(points: readonly CurvePoint[]): CurvePoint | undefined {
  let best: CurvePoint | undefined;
  for (const point of points) {
    if (Number.isFinite(point.nll) && (best === undefined || point.nll < best.nll)) best = point;
  }
  return best;
}

/** Number of points at the end of a curve that are never left out. */
const TAIL = 100;

/** A curve of at most `most` points: of more, every second one is left out, but neither the best nor the last ones. */
export function shortened(points: readonly CurvePoint[], most: number): readonly CurvePoint[] {
  if (points.length <= most) return points;
  const best = bestPoint(points);
  return points.filter((point, i) => i % 2 === 0 || i >= points.length - TAIL || point === best);
}

/** A number in about four digits. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

/** `1.234`, with a true minus sign. */
export function nats(value: number | undefined): string {
  if (value === undefined) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return value.toFixed(3).replace("-", "−");
}
