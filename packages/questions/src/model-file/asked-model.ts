import { createKey, type Key, OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import type { TableModel } from "@pushforward/tables";
import type { Conditions } from "../condition.ts";
import type { ConditionalTable } from "../conditional-table.ts";
import { type MarginalLogProb, marginalLogProb } from "../marginal-log-prob.ts";
import { askTable, checkConditions, type TableQuestions } from "../table-questions.ts";

/** A model that is asked about some columns given others. */
export interface AskedModel {
  readonly model: TableModel;
  readonly questions: TableQuestions;
}

/**
 * Prepares a model for questions.
 *
 * @param modelFile name of its file, for messages.
 * @param seed decides the draws that the questions rest on.
 * @throws {OptionError} the model is conditional: its given columns have no density.
 * @example
 * const columns = async (model: LoadedModel) => (await askedModel(model, "model.safetensors", 0)).questions.columns;
 */
export async function askedModel(model: TableModel, modelFile: string, seed: number): Promise<AskedModel> {
  refuseConditional(model, modelFile);
  return { model, questions: await askTable(model, { key: createKey(seed).fold("questions") }) };
}

/**
 * Refuses what {@link askedModel} would refuse after it was prepared for seconds: a conditional model, and conditions that no
 * row of the model meets.
 *
 * @param conditions that will be asked.
 * @throws {OptionError} the model is conditional, or conditions are impossible. @throws {DataError} an unknown column or value.
 * @example
 * const check = (model: LoadedModel) => checkQuestions(model, "model.safetensors", [{ size: { min: 2 } }]);
 */
export function checkQuestions(model: TableModel, modelFile: string, conditions: readonly Conditions[]): void {
  refuseConditional(model, modelFile);
  for (const one of conditions) checkConditions(model, one);
}

function refuseConditional({ context }: TableModel, file: string): void {
  if (context.length === 0) return;
  throw new OptionError([
    `${file}: expected a model of all columns, got one that is conditional on ${context.join(", ")}: fit one without `,
    mention("context"),
    ".",
  ]);
}

/** What a model says of rows of which something is known. */
export interface GivenRows {
  readonly answer: ConditionalTable;
  /** Rows that meet the conditions, as the file of the model has them. @param part other rows for each. */
  readonly draw: (part: number | string, rows: number) => Table;
}

/** Effective draws that an answer rests on, at least and at most. */
const LEAST_DRAWS = 200;
const MOST_DRAWS = 20_000;

/**
 * Asks a model for rows of which something is known.
 *
 * @param count rows that will be drawn: the answer rests on as many effective draws, within limits.
 * @throws {DataError} a column or category that the model does not know. @throws {OptionError} an empty range or set.
 * @example
 * const drawn = (model: AskedModel) => givenRows(model, { size: { min: 2 } }, key, 10).draw("sample", 10);
 */
export function givenRows(asked: AskedModel, conditions: Conditions, key: Key, count: number): GivenRows {
  const draws = Math.min(Math.max(count, LEAST_DRAWS), MOST_DRAWS);
  const answer = asked.questions.given(conditions, { key, draws });
  return { answer, draw: (part, rows) => asked.model.write(answer.sample(key.fold(part), rows)) };
}

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
