import { simplify } from "./simplify-polyline.ts";

/** A run of points x₀, y₀, x₁, y₁, … in pixels. */
export type PointRun = readonly number[] | Float64Array;

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
