import { describe } from "../input/numbers.ts";
import { type DensityGrid, type LogGrid, toLogGrid } from "./density-grid.ts";

/**
 * Log-density thresholds of highest-density regions (Hyndman 1996): for each share p in `masses`, a t such that the
 * nodes with log f ≥ t are the fewest that hold at least the share p of the mass on the grid (trapezoid weights). Mass
 * outside the grid is not seen.
 *
 * @example
 * gridDensityThresholds({ x: [0, 1, 2], y: [0, 1, 2], density: [0, 0, 0, 0, 1, 0, 0, 0, 0] }, [0.5]); // → [-1]
 */
export function gridDensityThresholds(grid: DensityGrid, masses: readonly number[]): number[] {
  return massLevels("gridDensityThresholds", toLogGrid("gridDensityThresholds", grid), masses);
}

/** `gridDensityThresholds` of a checked grid. */
export function massLevels(where: string, grid: LogGrid, masses: readonly number[]): number[] {
  for (const mass of masses) {
    if (!(typeof mass === "number" && mass > 0 && mass < 1)) {
      throw new RangeError(`${where}: expected masses between 0 and 1, got ${describe(mass)}.`);
    }
  }
  const { x, y, logDensity, top } = grid;
  const widths = trapezoidWeights(x);
  const heights = trapezoidWeights(y);
  const massOf = new Map<number, number>();
  let total = 0;
  for (let j = 0, k = 0; j < y.length; j++) {
    for (let i = 0; i < x.length; i++, k++) {
      const area = (widths[i] as number) * (heights[j] as number);
      const value = logDensity[k] as number;
      const mass = Math.exp(value - top) * area;
      massOf.set(value, (massOf.get(value) ?? 0) + mass);
      total += mass;
    }
  }
  // Float64Array.sort without a comparator is many times faster than a sort of indices.
  const sorted = Float64Array.from(massOf.keys()).sort();
  const massAt = sorted.map((value) => massOf.get(value) as number);
  return masses.map((mass) => {
    let held = 0;
    for (let rank = sorted.length - 1; rank >= 0; rank--) {
      held += massAt[rank] as number;
      // Rounding of the sum must not push the level of 99 % to a place of no density.
      if (held < mass * total * (1 - 1e-12)) continue;
      // Half-way to the next lower node the border passes between the two, and a single spike keeps an area.
      const gap = rank === 0 ? 0 : (sorted[rank] as number) - (sorted[rank - 1] as number);
      return (sorted[rank] as number) - Math.min(1, gap / 2);
    }
    return top;
  });
}

/** Log-density thresholds in equal steps: `count` of them over `decades` powers of ten below the top. */
export function logSpacedLevels(top: number, count: number, decades: number): number[] {
  return Array.from({ length: count }, (_, k) => top - ((count - k) / count) * decades * Math.LN10);
}

function trapezoidWeights(axis: Float64Array): Float64Array {
  const last = axis.length - 1;
  return axis.map((_, i) => ((axis[Math.min(last, i + 1)] as number) - (axis[Math.max(0, i - 1)] as number)) / 2);
}
