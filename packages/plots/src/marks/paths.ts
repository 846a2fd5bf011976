import { type LogGrid, marchingSquares } from "../densities/density-grid.ts";
import { type Numbers, toNumbersOfLength } from "../input.ts";
import type { Scale } from "../scales/scale.ts";
import { element, formatCoordinate } from "./elements.ts";

/** Path data of the region between two curves over the same places, in pixels. */
function areaPath(x: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>): string {
  const count = x.length;
  let d = "";
  for (let i = 0; i < count; i++) d += point(i === 0 ? "M" : "L", x[i] as number, high[i] as number);
  for (let i = count - 1; i >= 0; i--) d += point("L", x[i] as number, low[i] as number);
  return d === "" ? "" : `${d}z`;
}

/** Path data of bars between edges, from a base line, in pixels. */
export function barsPath(edges: ArrayLike<number>, tops: ArrayLike<number>, base: number): string {
  let d = `M${formatCoordinate(edges[0] as number)} ${formatCoordinate(base)}`;
  for (let i = 0; i < tops.length; i++) {
    d += `V${formatCoordinate(tops[i] as number)}H${formatCoordinate(edges[i + 1] as number)}`;
  }
  return `${d}V${formatCoordinate(base)}z`;
}

function point(command: string, x: number, y: number): string {
  return `${command}${formatCoordinate(x)} ${formatCoordinate(y)}`;
}

/**
 * Removes points of a polyline that lie within `tolerance` of the line through their neighbors (Ramer 1972, Douglas and
 * Peucker 1973). A ring does not repeat its first point, in the input and in the output. A ring that collapses becomes
 * empty.
 */
function simplify(points: ArrayLike<number>, tolerance: number, closed: boolean): number[] {
  const count = points.length / 2;
  if (count < 3) return Array.from(points);
  const x = (i: number): number => points[2 * (i % count)] as number;
  const y = (i: number): number => points[2 * (i % count) + 1] as number;
  const keep = new Uint8Array(count + 1);
  const stack: number[] = [];
  if (closed) {
    // Anchor a ring at its first point and at the one farthest from it.
    let far = 0;
    let best = -1;
    for (let i = 1; i < count; i++) {
      const distance = (x(i) - x(0)) ** 2 + (y(i) - y(0)) ** 2;
      if (distance > best) [far, best] = [i, distance];
    }
    if (best <= tolerance * tolerance) return [];
    keep[0] = 1;
    keep[far] = 1;
    stack.push(0, far, far, count);
  } else {
    keep[0] = 1;
    keep[count - 1] = 1;
    stack.push(0, count - 1);
  }
  while (stack.length > 0) {
    const end = stack.pop() as number;
    const start = stack.pop() as number;
    const dx = x(end) - x(start);
    const dy = y(end) - y(start);
    const length2 = dx * dx + dy * dy;
    let worst = -1;
    let worstDistance = tolerance * tolerance;
    for (let i = start + 1; i < end; i++) {
      const px = x(i) - x(start);
      const py = y(i) - y(start);
      const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
      const distance = (px - along * dx) ** 2 + (py - along * dy) ** 2;
      if (distance > worstDistance) [worst, worstDistance] = [i, distance];
    }
    if (worst >= 0) {
      keep[worst] = 1;
      stack.push(start, worst, worst, end);
    }
  }
  const kept: number[] = [];
  for (let i = 0; i < count; i++) if (keep[i] === 1) kept.push(x(i), y(i));
  return kept;
}

/** A run of points x₀, y₀, x₁, y₁, … in pixels. */
type PointRun = readonly number[] | Float64Array;

const TOLERANCE = 0.12;

// Relative steps in whole tenths of a pixel: short, and no rounding error adds up along the path.
function steps(points: PointRun): string {
  let path = "";
  let lastX = 0;
  let lastY = 0;
  for (let i = 0; i < points.length; i += 2) {
    const x = Math.round((points[i] as number) * 10);
    const y = Math.round((points[i + 1] as number) * 10);
    if (i === 0) path = `M${tenths(x)}${pair(y)}`;
    else if (x === lastX && y === lastY) continue;
    else if (x === lastX) path += `v${tenths(y - lastY)}`;
    else if (y === lastY) path += `h${tenths(x - lastX)}`;
    else path += `l${tenths(x - lastX)}${pair(y - lastY)}`;
    lastX = x;
    lastY = y;
  }
  return path;
}

function tenths(value: number): string {
  if (value === 0) return "0";
  return String(value / 10).replace(/^(-?)0\./, "$1.");
}

function pair(value: number): string {
  const text = tenths(value);
  return text.startsWith("-") ? text : ` ${text}`;
}

/** Path data of closed rings, simplified to about a tenth of a pixel. Rings that vanish at this scale are left out. */
export function ringsPath(rings: readonly PointRun[]): string {
  let path = "";
  for (const ring of rings) {
    const simple = simplify(ring, TOLERANCE, true);
    if (simple.length >= 6) path += `${steps(simple)}z`;
  }
  return path;
}

/** Path data of open lines. A run of a single point becomes a dot (drawn with round caps). */
export function linesPath(runs: readonly PointRun[]): string {
  let path = "";
  for (const run of runs) {
    if (run.length === 2) path += `${steps(run)}h0`;
    else if (run.length > 2) path += steps(simplify(run, TOLERANCE, false));
  }
  return path;
}

/** Path data that draws a dot at each point when stroked with round caps: one element for thousands of points. */
export function dotsPath(points: PointRun): string {
  let path = "";
  const seen = new Set<string>();
  for (let i = 0; i < points.length; i += 2) {
    const dot = `M${tenths(Math.round((points[i] as number) * 10))}${pair(Math.round((points[i + 1] as number) * 10))}h0`;
    // A second dot on the same spot can't be seen.
    if (seen.has(dot)) continue;
    seen.add(dot);
    path += dot;
  }
  return path;
}

/** Path data of the region {log f ≥ threshold} in the pixels of two scales. */
export function contourPath(grid: LogGrid, threshold: number, x: Scale, y: Scale): string {
  // A floor 8 nats below stands for no density at all, so that the border can be interpolated there too.
  const field = grid.logDensity.map((value) => Math.max(value, threshold - 8));
  const rings = marchingSquares(grid.x, grid.y, field, threshold);
  return ringsPath(rings.map((ring) => ring.map((value, i) => (i % 2 === 0 ? x.map(value) : y.map(value)))));
}

/** Points as round dots of a diameter in pixels. */
export function dotsMark(pixels: PointRun, stroke: string, size: number, opacity: number): string {
  if (pixels.length === 0) return "";
  return element("path", {
    d: dotsPath(pixels),
    stroke,
    "stroke-width": size,
    "stroke-linecap": "round",
    "stroke-opacity": opacity,
  });
}

/** Two curves with a region between them. */
export interface CurveRegion {
  readonly low: Numbers;
  readonly high: Numbers;
}

/** A checked region of `length` places; undefined without one. */
export function readRegion(
  where: string,
  name: string,
  region: CurveRegion | undefined,
  length: number,
): { readonly low: Float64Array; readonly high: Float64Array } | undefined {
  if (region === undefined) return undefined;
  return {
    low: toNumbersOfLength(where, `low of "${name}"`, region.low, length),
    high: toNumbersOfLength(where, `high of "${name}"`, region.high, length),
  };
}

/** A filled region. */
export function area(
  x: Float64Array,
  region: CurveRegion,
  fill: string,
  opacity: number,
  sx: Scale,
  sy: Scale,
): string {
  const pixels = (values: Numbers): number[] => Array.from(values, (value) => sy.map(value));
  const d = areaPath(x.map(sx.map), pixels(region.low), pixels(region.high));
  return element("path", { d, fill, "fill-opacity": opacity });
}

/** The pixels of points, x₀, y₀, x₁, y₁, …. */
export function curvePixels(x: Float64Array, y: Float64Array, sx: Scale, sy: Scale): number[] {
  return Array.from(x, (value, i) => [sx.map(value), sy.map(y[i] as number)]).flat();
}

/** A line through points. */
export function curve(x: Float64Array, y: Float64Array, stroke: string, sx: Scale, sy: Scale): string {
  return element("path", {
    d: linesPath([curvePixels(x, y, sx, sy)]),
    fill: "none",
    stroke,
    "stroke-width": 2.25,
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
  });
}
