import { marchingSquares } from "./contour.ts";
import type { LogGrid } from "./density-grid.ts";
import { ringsPath } from "./path.ts";
import type { Scale } from "./scale.ts";

/** Path data of the region {log f ≥ threshold} in the pixels of two scales. */
export function contourPath(grid: LogGrid, threshold: number, x: Scale, y: Scale): string {
  // A floor 8 nats below stands for no density at all, so that the border can be interpolated there too.
  const field = grid.logDensity.map((value) => Math.max(value, threshold - 8));
  const rings = marchingSquares(grid.x, grid.y, field, threshold);
  return ringsPath(rings.map((ring) => ring.map((value, i) => (i % 2 === 0 ? x.map(value) : y.map(value)))));
}
