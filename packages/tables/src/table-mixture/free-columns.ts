import type { DensityColumn } from "../density/density-column.ts";

/**
 * The names of the columns that a member of a mixture may have a density of, in the order of the model: those that do not
 * follow from others and are not given.
 */
export function freeColumns(columns: readonly DensityColumn[]): string[] {
  return columns.flatMap(({ name, dependent, isGiven }) => (dependent === undefined && !isGiven ? [name] : []));
}
