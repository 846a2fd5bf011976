import { type Numbers, toGridAxis, toNumbersOfLength } from "../input/numbers.ts";

/**
 * A density on a grid. `density[j * x.length + i]` (or `logDensity`, in nats) belongs to (x[i], y[j]); exactly one of the
 * two is given. It need not integrate to 1.
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
