import { logProbRows } from "pushforward";
import { sumCells, type TableRows } from "pushforward/extend";
import { isTableDensity } from "./is-table-density.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { ReadRows } from "./read-rows.ts";

/** Log-densities of rows, and of their cells. */
export interface LogDensities {
  /** For each row, in nats and the units of the table. */
  readonly scores: Float64Array;
  /** The log-probability of each learned cell given those before it; undefined for a flow. */
  readonly cells?: readonly { readonly name: string; readonly values: Float64Array }[];
}

/**
 * The log-density of each row, in nats. A row that float32 weights cannot score has NaN, which {@link checkScores} refuses.
 *
 * @example
 * const mean = (model: LoadedModel, rows: ReadRows) => logDensities(model, rows).scores.reduce((a, b) => a + b) / rows.typed.rows;
 */
export function logDensities(model: LoadedModel, { typed, numbers }: ReadRows): LogDensities {
  if (!isTableDensity(model)) {
    const { x, context } = numbers as TableRows;
    return { scores: logProbRows(model.flow, x, context) };
  }
  const { density, learned } = model;
  const byColumn = density.cellLogProb(typed);
  const values = new Map(byColumn.map((column, k) => [density.columns[k]?.name, column]));
  const scored = learned.filter(({ name }) => !density.given.includes(name));
  return {
    scores: sumCells(byColumn, typed.rows),
    cells: scored.map(({ name }) => ({ name, values: values.get(name) as Float64Array })),
  };
}
