import { type Numbers, toNumbersOfLength } from "../input/numbers.ts";
import type { Scale } from "../scales/scale.ts";
import { areaPath } from "./area-path.ts";
import { linesPath } from "./point-path.ts";
import { element } from "./svg-element.ts";

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
