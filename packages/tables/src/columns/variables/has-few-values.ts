import type { Variable } from "./variable.ts";

/** Most distinct values, and fewest rows of each on average. */
const MOST_VALUES = 32;
const ROWS_PER_VALUE = 5;

/**
 * Whether a column of numbers has so few values that probabilities say more of it than a density: grades, counts, codes. The
 * noise that gives a flow something to learn there costs it what the values have in common with other columns.
 */
export function hasFewValues({ distinct, rows, missingRows }: Variable): boolean {
  return distinct <= MOST_VALUES && rows - missingRows >= ROWS_PER_VALUE * distinct;
}
