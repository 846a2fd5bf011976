import type { Key } from "@pushforward/core";

/** A few units in the last place of float32, relative: how far a value may be off before it is passed on. */
export const ROUNDING: number = 2 ** -22;

// Values moved by a few units in the last place, up or down, and the size of the step for each cell.
export function nudge(array: Float32Array, cells: number, key: Key): { values: Float32Array; steps: Float64Array } {
  const width = array.length / cells;
  const signs = key.uniform(array.length);
  const steps = Float64Array.from({ length: cells }, (_, cell) => ROUNDING * maxAbs(array, cell, width));
  return {
    values: array.map((v, i) => v + ((signs[i] as number) < 0.5 ? -1 : 1) * (steps[Math.floor(i / width)] as number)),
    steps,
  };
}

// The largest magnitude of a cell, 1 at least.
export function maxAbs(array: Float32Array, cell: number, width: number): number {
  let largest = 1;
  for (let i = cell * width; i < (cell + 1) * width; i++) largest = Math.max(largest, Math.abs(array[i] as number));
  return largest;
}
