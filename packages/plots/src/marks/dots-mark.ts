import { dotsPath, type PointRun } from "./point-path.ts";
import { element } from "./svg-element.ts";

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
