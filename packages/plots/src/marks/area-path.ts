import { formatCoordinate } from "./svg-element.ts";

/** Path data of the region between two curves over the same places, in pixels. */
export function areaPath(x: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>): string {
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
