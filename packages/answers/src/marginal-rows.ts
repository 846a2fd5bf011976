import { createKey, type MarginalLogProb, marginalLogProb, type Table } from "pushforward";
import type { AskedModel } from "./asked-model.ts";

/** Rows that are scored at once: the random numbers of a row depend on its block. */
export const MARGINAL_ROWS = 2000;

/**
 * The log-density of the known cells of rows, whatever the missing ones are.
 *
 * @param typed a block of rows as the model reads them, of {@link MARGINAL_ROWS} except for the last one.
 * @param block its number, from 0.
 * @throws {DataError} a column is missing or of another kind.
 * @example
 * const scores = (model: AskedModel, typed: Table) => marginalRows(model, typed, 0).logProb;
 */
export function marginalRows(asked: AskedModel, typed: Table, block: number): MarginalLogProb {
  const key = createKey(0).fold("marginal").fold(block);
  return marginalLogProb(asked.questions, typed, { key });
}
