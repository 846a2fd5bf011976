import type { Scale } from "../scales/scale.ts";
import { element, formatCoordinate } from "./svg-element.ts";

/** The categories of some rows, as places in a list of names. */
export interface BarSet {
  readonly color: string;
  readonly values: Float64Array;
}

/** Width of the bars of a category together, of 1. */
const GROUP = 0.8;
/** Height of the highest bar, of 1. */
const HIGHEST = 0.92;

/** How often each category occurs in each set, as bars side by side over a square panel. */
export function categoryBars(sets: readonly BarSet[], categories: number, x: Scale): string[] {
  const panel = x.length;
  const shares = sets.map(({ values }) => sharesOf(values, categories));
  const top = Math.max(0, ...shares.flatMap((share) => [...share]));
  if (top === 0) return [];
  const width = ((GROUP / sets.length) * panel) / Math.max(1, categories);
  return shares.map((share, k) => {
    let d = "";
    for (const [category, value] of share.entries()) {
      if (value === 0) continue;
      const left = x.map(category - GROUP / 2) + k * width;
      const height = (value / top) * panel * HIGHEST;
      d += `M${formatCoordinate(left)} ${panel}v${formatCoordinate(-height)}h${formatCoordinate(width)}V${panel}z`;
    }
    const { color } = sets[k] as BarSet;
    return element("path", { d, fill: color, "fill-opacity": 0.35, stroke: color, "stroke-width": 1.25 });
  });
}

function sharesOf(values: Float64Array, categories: number): Float64Array {
  const shares = new Float64Array(categories);
  const present = values.filter((value) => value >= 0 && value < categories);
  for (const value of present) shares[Math.floor(value)] = (shares[Math.floor(value)] as number) + 1 / present.length;
  return shares;
}
