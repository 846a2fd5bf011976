import { type Distribution, OptionError } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { hostCopy } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import type { IntegrationGrid } from "./distribution-case.ts";

const ROWS_AT_ONCE = 16_384;

/** Cells of each axis of the χ² test. */
export const CELLS = 20;

/** A grid over events of one or two numbers; the last axis runs fastest. */
export interface Grid {
  readonly dimensions: 1 | 2;
  /** Points of each axis. */
  readonly points: number;
  readonly low: readonly number[];
  readonly step: readonly number[];
}

/** Points of each axis, for events of one and of two numbers. */
const POINTS = { 1: 20_001, 2: 401 } as const;
const QUICK_POINTS = { 1: 5001, 2: 201 } as const;

/** The grid of a case. */
export function gridOf(integrate: IntegrationGrid, dimensions: 1 | 2, quick: boolean): Grid {
  const points = integrate.points ?? (quick ? QUICK_POINTS : POINTS)[dimensions];
  if (!Number.isInteger(points) || points < 21 || (points - 1) % CELLS !== 0) {
    throw new OptionError(`integrate.points: expected 1 more than a multiple of ${CELLS}, got ${points}.`);
  }
  const end = (value: number | readonly number[], axis: number): number =>
    typeof value === "number" ? value : (value[axis] ?? Number.NaN);
  const axes = dimensions === 1 ? [0] : [0, 1];
  const low = axes.map((axis) => end(integrate.low, axis));
  const step = axes.map((axis) => (end(integrate.high, axis) - end(integrate.low, axis)) / (points - 1));
  return { dimensions, points, low, step };
}

/** Densities at all points of a grid, for each member of the batch. */
export function densitiesOn(grid: Grid, distribution: Distribution): Float64Array[] {
  const { dimensions, points, low, step } = grid;
  const total = points ** dimensions;
  const members = sizeOf(distribution.batchShape);
  const rows = Math.max(1, Math.floor(ROWS_AT_ONCE / members));
  const result = Array.from({ length: members }, () => new Float64Array(total));
  for (let start = 0; start < total; start += rows) {
    const count = Math.min(rows, total - start);
    const values = new Float32Array(count * members * dimensions);
    for (let r = 0; r < count; r++) {
      const index = start + r;
      for (let m = 0; m < members; m++) {
        const at = (r * members + m) * dimensions;
        const first = dimensions === 1 ? index : Math.floor(index / points);
        values[at] = (low[0] as number) + first * (step[0] as number);
        if (dimensions === 2) values[at + 1] = (low[1] as number) + (index % points) * (step[1] as number);
      }
    }
    const logProb = inTidy(() =>
      hostCopy(
        distribution.logProb(tf.tensor(values, [count, ...distribution.batchShape, ...distribution.eventShape])),
      ),
    );
    for (let r = 0; r < count; r++) {
      for (let m = 0; m < members; m++) {
        (result[m] as Float64Array)[start + r] = Math.exp(logProb[r * members + m] as number);
      }
    }
  }
  return result;
}

/** Trapezoid weight of a point of an axis. */
function trapezoidWeight(index: number, points: number): number {
  return index === 0 || index === points - 1 ? 0.5 : 1;
}

/** ∫ f over the grid by the trapezoid rule. */
export function integral({ dimensions, points, step }: Grid, f: (index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < points ** dimensions; i++) {
    const weight =
      dimensions === 1
        ? trapezoidWeight(i, points)
        : trapezoidWeight(Math.floor(i / points), points) * trapezoidWeight(i % points, points);
    sum += weight * f(i);
  }
  return sum * step.reduce((a, b) => a * b, 1);
}

/** Cumulative integral of a one-dimensional density, linear between the points and constant outside. */
export function numericCdf({ points, low, step }: Grid, density: Float64Array): (x: number) => number {
  const [start = 0] = low;
  const [width = 1] = step;
  const cumulative = new Float64Array(points);
  for (let i = 1; i < points; i++) {
    cumulative[i] = (cumulative[i - 1] as number) + (((density[i - 1] as number) + (density[i] as number)) / 2) * width;
  }
  return (x) => {
    const position = (x - start) / width;
    const i = Math.min(points - 2, Math.max(0, Math.floor(position)));
    const fraction = Math.min(1, Math.max(0, position - i));
    return (cumulative[i] as number) * (1 - fraction) + (cumulative[i + 1] as number) * fraction;
  };
}

/** Probabilities of the 20 × 20 cells of a grid of two dimensions, and last, of everything outside. */
export function cellProbabilities({ points, step }: Grid, density: Float64Array): Float64Array {
  const width = (points - 1) / CELLS;
  const area = (step[0] as number) * (step[1] as number);
  const result = new Float64Array(CELLS * CELLS + 1);
  let inside = 0;
  for (let c = 0; c < CELLS * CELLS; c++) {
    const row = Math.floor(c / CELLS) * width;
    const column = (c % CELLS) * width;
    let sum = 0;
    for (let i = 0; i <= width; i++) {
      for (let j = 0; j <= width; j++) {
        const weight = trapezoidWeight(i, width + 1) * trapezoidWeight(j, width + 1);
        sum += weight * (density[(row + i) * points + column + j] as number);
      }
    }
    result[c] = sum * area;
    inside += sum * area;
  }
  result[CELLS * CELLS] = Math.max(0, 1 - inside);
  return result;
}
