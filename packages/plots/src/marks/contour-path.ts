import { marchingSquares } from "../densities/contour-rings.ts";
import type { LogGrid } from "../densities/density-grid.ts";
import type { Scale } from "../scales/scale.ts";
import { ringsPath } from "./point-path.ts";

/** Path data of the region {log f ≥ threshold} in the pixels of two scales. */
export function contourPath(grid: LogGrid, threshold: number, x: Scale, y: Scale): string {
  // A floor 8 nats below stands for no density at all, so that the border can be interpolated there too.
  const field = grid.logDensity.map((value) => Math.max(value, threshold - 8));
  const rings = marchingSquares(grid.x, grid.y, field, threshold);
  return ringsPath(rings.map((ring) => ring.map((value, i) => (i % 2 === 0 ? x.map(value) : y.map(value)))));
}
