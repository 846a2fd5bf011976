import type { ConditionalTable, Conditions, Key, Table } from "pushforward";
import type { AskedModel } from "./asked-model.ts";

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
  return { answer, draw: (part, rows) => asked.write(answer.sample(key.fold(part), rows)) };
}
