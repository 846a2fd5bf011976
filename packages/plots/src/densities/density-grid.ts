import { describe, type Numbers, toGridAxis, toNumbersOfLength } from "../input.ts";

/**
 * A density on a grid. `density[j * x.length + i]` (or `logDensity`, in nats) belongs to (x[i], y[j]); exactly one of
 * the two is given. It need not integrate to 1.
 */
export type DensityGrid = {
  /** Columns of the grid, increasing. */
  readonly x: Numbers;
  /** Rows of the grid, increasing. */
  readonly y: Numbers;
} & ({ readonly density: Numbers } | { readonly logDensity: Numbers });

/** A checked grid in logarithms. */
export interface LogGrid {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly logDensity: Float64Array;
  /** Largest log-density; finite. */
  readonly top: number;
}

/** Checks a grid and takes logarithms; zero density becomes `-Infinity`. */
export function toLogGrid(where: string, grid: DensityGrid): LogGrid {
  const x = toGridAxis(where, "x", grid.x);
  const y = toGridAxis(where, "y", grid.y);
  const isLog = "logDensity" in grid && grid.logDensity !== undefined;
  const isPlain = "density" in grid && grid.density !== undefined;
  if (isLog === isPlain) {
    throw new TypeError(`${where}: expected one of density and logDensity, got ${isLog ? "both" : "neither"}.`);
  }
  const name = isLog ? "logDensity" : "density";
  const values = isLog ? grid.logDensity : (grid as { density: Numbers }).density;
  const logDensity = toNumbersOfLength(where, name, values, x.length * y.length);
  let top = -Infinity;
  for (let k = 0; k < logDensity.length; k++) {
    const value = logDensity[k] as number;
    if (Number.isNaN(value) || value === Infinity || (!isLog && value < 0)) {
      const at = `row ${Math.floor(k / x.length)}, column ${k % x.length}`;
      const wanted = isLog ? "log-densities below Infinity" : "finite densities of at least 0";
      throw new RangeError(`${where}: expected ${wanted}, got ${value} at ${at} of the grid.`);
    }
    const log = isLog ? value : Math.log(value);
    logDensity[k] = log;
    if (log > top) top = log;
  }
  if (top === -Infinity) {
    throw new RangeError(`${where}: expected a density above 0 somewhere on the grid, got 0 everywhere.`);
  }
  return { x, y, logDensity, top };
}

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

/** Log-density thresholds in equal steps: `count` thresholds over `decades` powers of ten below the top. */
export function logSpacedLevels(top: number, count: number, decades: number): number[] {
  return Array.from({ length: count }, (_, k) => top - ((count - k) / count) * decades * Math.LN10);
}

function trapezoidWeights(axis: Float64Array): Float64Array {
  const last = axis.length - 1;
  return axis.map((_, i) => ((axis[Math.min(last, i + 1)] as number) - (axis[Math.max(0, i - 1)] as number)) / 2);
}

/** A closed ring x₀, y₀, x₁, y₁, … without its first point repeated; the region lies to its left. */
export type Ring = Float64Array;

/**
 * Borders of the region {f ≥ threshold} of a function on a grid, by marching squares (Lorensen and Cline 1987, in two
 * dimensions) with linear interpolation. Rings are closed, also along the border of the grid. Outer rings run
 * counter-clockwise (y up), holes clockwise, so the region can be filled by either SVG fill rule. In a saddle cell the
 * mean of its corners decides if the region is connected.
 *
 * `values[j * x.length + i]` is f(x[i], y[j]); `-Infinity` is allowed, NaN is a RangeError.
 * @example
 * const rings = contourRings([0, 1, 2], [0, 1, 2], [0, 0, 0, 0, 1, 0, 0, 0, 0], 0.5);
 * rings.length; // → 1
 */
export function contourRings(x: Numbers, y: Numbers, values: Numbers, threshold: number): readonly Ring[] {
  const where = "contourRings";
  const gridX = toGridAxis(where, "x", x);
  const gridY = toGridAxis(where, "y", y);
  const grid = toNumbersOfLength(where, "values", values, gridX.length * gridY.length);
  const bad = grid.findIndex(Number.isNaN);
  if (bad >= 0) throw new RangeError(`${where}: expected numbers in values, got NaN at values[${bad}].`);
  if (!Number.isFinite(threshold)) {
    throw new RangeError(`${where}: expected a finite threshold, got ${threshold}.`);
  }
  return marchingSquares(gridX, gridY, grid, threshold);
}

/** `contourRings` without its checks. */
export function marchingSquares(x: Float64Array, y: Float64Array, values: Float64Array, threshold: number): Ring[] {
  // A frame of nodes outside the region lies around the grid, at no distance from it: it closes the rings. Edge 2n runs
  // from node n to the right, edge 2n + 1 upwards.
  const columns = x.length + 2;
  const rows = y.length + 2;
  const node: NodeValue = (column, row) =>
    column === 0 || row === 0 || column === columns - 1 || row === rows - 1
      ? -Infinity
      : (values[(row - 1) * x.length + column - 1] as number);
  const next = linkEdges(node, columns, rows, threshold);
  const crossing = (edge: number, ring: number[]): void => {
    const from = edge >> 1;
    const row = Math.floor(from / columns);
    const column = from - row * columns;
    const upwards = (edge & 1) === 1;
    const t = crossingShare(node(column, row), upwards ? node(column, row + 1) : node(column + 1, row), threshold);
    const x0 = framed(x, column);
    const y0 = framed(y, row);
    ring.push(upwards ? x0 : x0 + t * (framed(x, column + 1) - x0), upwards ? y0 + t * (framed(y, row + 1) - y0) : y0);
  };
  const rings: Ring[] = [];
  for (let first = 0; first < next.length; first++) {
    if (next[first] === -1) continue;
    const ring: number[] = [];
    let edge = first;
    do {
      crossing(edge, ring);
      const following = next[edge] as number;
      next[edge] = -1;
      edge = following;
    } while (edge !== first);
    rings.push(Float64Array.from(ring));
  }
  return rings;
}

/** The value of a node of the framed grid. */
type NodeValue = (column: number, row: number) => number;

/** Position where the border crosses an edge from `v0` to `v1`, from 0 to 1. */
function crossingShare(v0: number, v1: number, threshold: number): number {
  const inside0 = v0 >= threshold;
  // Measured from the inner node; a node at minus infinity pulls the border onto the inner node.
  const inner = inside0 ? v0 : v1;
  const outer = inside0 ? v1 : v0;
  const share = outer === -Infinity || inner === Infinity ? 0 : (inner - threshold) / (inner - outer);
  return inside0 ? share : 1 - share;
}

function framed(axis: Float64Array, index: number): number {
  return axis[Math.min(axis.length - 1, Math.max(0, index - 1))] as number;
}

/**
 * For each crossed edge the next edge of its ring, else −1. Such an edge starts a segment of its cell and closes a
 * segment of the neighboring cell.
 */
function linkEdges(node: NodeValue, columns: number, rows: number, threshold: number): Int32Array {
  const next = new Int32Array(2 * columns * rows).fill(-1);
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const a = node(column, row) >= threshold;
      const b = node(column + 1, row) >= threshold;
      const c = node(column + 1, row + 1) >= threshold;
      const d = node(column, row + 1) >= threshold;
      if (a === b && b === c && c === d) continue;
      const corner = row * columns + column;
      const bottom = 2 * corner;
      const left = bottom + 1;
      const right = 2 * (corner + 1) + 1;
      const top = 2 * (corner + columns);
      if (a === c && b === d) {
        const joined = saddleMean(node, column, row) >= threshold;
        if (a) {
          next[bottom] = joined ? right : left;
          next[top] = joined ? left : right;
        } else {
          next[right] = joined ? top : bottom;
          next[left] = joined ? bottom : top;
        }
        continue;
      }
      // Counter-clockwise round the cell: the segment starts where the border leaves the region, ends where it enters.
      const start = a && !b ? bottom : b && !c ? right : c && !d ? top : left;
      const end = !a && b ? bottom : !b && c ? right : !c && d ? top : left;
      next[start] = end;
    }
  }
  return next;
}

function saddleMean(node: NodeValue, column: number, row: number): number {
  return (node(column, row) + node(column + 1, row) + node(column, row + 1) + node(column + 1, row + 1)) / 4;
}
