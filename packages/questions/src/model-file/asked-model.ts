import { AnomalyScore } from "@pushforward/anomalies";
import { rowNumber } from "@pushforward/columns/extend";
import { createKey, DataError, type Key, OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import type { Table } from "@pushforward/datasets";
import type { DecodedModel } from "@pushforward/serialization";
import type { TableModel } from "@pushforward/tables";
import { openTableModel } from "@pushforward/tables/extend";
import type { Conditions } from "../condition.ts";
import type { ConditionalTable } from "../conditional-table.ts";
import { type MarginalLogProb, marginalLogProb } from "../marginal-log-prob.ts";
import { askTable, checkConditions, type TableQuestions } from "../table-questions.ts";

/** A model with its prepared questions. */
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
 * Rejects conditional models, and conditions that no row of the model meets. {@link askedModel} would reject these only
 * after seconds of preparation.
 *
 * @param conditions conditions of later questions.
 * @throws {OptionError} the model is conditional, or conditions are impossible. @throws {DataError} an unknown column
 * or value.
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

/** Answer of a model about partially known rows. */
export interface GivenRows {
  readonly answer: ConditionalTable;
  /**
   * Draws rows that meet the conditions, in the format of the model's file. @param part each value yields different
   * rows.
   */
  readonly draw: (part: number | string, rows: number) => Table;
}

/** Effective draws that an answer rests on, at least and at most. */
const LEAST_DRAWS = 200;
const MOST_DRAWS = 20_000;

/**
 * Answers a question about partially known rows.
 *
 * @param count number of rows to draw later: the answer uses the same number of effective draws, within limits.
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
 * Returns the marginal log-density of the known cells of rows.
 *
 * @param typed a block of rows as the model reads rows, with {@link MARGINAL_ROWS} rows except for the last block.
 * @param block its number, from 0.
 * @throws {DataError} a column is missing or of the wrong kind.
 * @example
 * const scores = (model: AskedModel, typed: Table) => marginalRows(model, typed, 0).logProb;
 */
export function marginalRows(asked: AskedModel, typed: Table, block: number): MarginalLogProb {
  const key = createKey(0).fold("marginal").fold(block);
  return marginalLogProb(asked.questions, typed, { key });
}

/** The model of a table from a file, with its anomaly score. */
export type LoadedModel = TableModel & {
  /** Scores how anomalous rows are; undefined if the file has no anomaly score. */
  readonly anomalies?: AnomalyScore | undefined;
};

/** The name of the anomaly score among the companions of a model. */
export const ANOMALIES = "anomalies";

/**
 * Returns the model of a table, from the contents of a model file.
 *
 * @param where start of the error messages: the name of the file.
 * @throws {ModelFileError} the model in the file has no table columns.
 * @example
 * const layout = { columns: ["x", "y"], context: [] };
 * const file = encodeModel(flow, standardRegistry, { metadata: { table: layoutToJson(layout) } });
 * loadedModel(decodeModel(file, standardRegistry), "flow.safetensors").names; // → ["x", "y"]
 */
export function loadedModel({ model, metadata, companions }: DecodedModel<object>, where: string): LoadedModel {
  const companion = companions.get(ANOMALIES);
  const anomalies = companion instanceof AnomalyScore ? companion : undefined;
  return Object.assign(openTableModel(model, metadata, `"${where}"`), { anomalies });
}

/**
 * Refuses log-densities that are not numbers, which weights of a model that overflow float32 give.
 *
 * @param file name of the table, for the message.
 * @throws {DataError} a density is NaN.
 * @example
 * checkScores(Float64Array.of(-1), { rows: 1, columns: [] }, "data.csv"); // nothing
 */
export function checkScores(scores: Float64Array, table: Table, file: string): void {
  const bad = scores.findIndex(Number.isNaN);
  if (bad < 0) return;
  const row = rowNumber(table, bad);
  throw new DataError(
    `${file}, row ${row}: expected a log-density, got NaN, although the row has numbers only. ` +
      "Weights of the model overflow float32: fit it again, or check the origin of its file.",
    { file, row },
  );
}

/** Summary of log-densities, as JSON: null for a value that is not a finite number. */
export interface LogDensitySummaryJson {
  readonly rows: number;
  readonly meanLogDensity: number | null;
  readonly standardError: number | null;
}

/** Values of a {@link LogDensitySummary}. */
export interface LogDensityMoments {
  readonly rows: number;
  readonly mean: number;
  /** The sum of squared differences from the mean. */
  readonly squares: number;
}

/**
 * Mean and standard error of a stream of log-densities (Welford 1962).
 *
 * @example
 * const summary = new LogDensitySummary();
 * summary.add(Float64Array.of(-1, -3));
 * summary.toJson().meanLogDensity; // → -2
 */
export class LogDensitySummary {
  rows = 0;
  private mean = 0;
  private squares = 0;

  add(values: Float64Array): void {
    for (const value of values) {
      this.rows += 1;
      const delta = value - this.mean;
      this.mean += delta / this.rows;
      this.squares += delta * (value - this.mean);
    }
  }

  /** Adds the numbers of a second summary (Chan, Golub, LeVeque 1979). */
  merge({ rows, mean, squares }: LogDensityMoments): void {
    if (rows === 0) return;
    if (this.rows === 0) {
      [this.rows, this.mean, this.squares] = [rows, mean, squares];
      return;
    }
    const all = this.rows + rows;
    const delta = mean - this.mean;
    this.squares += squares + (delta * delta * this.rows * rows) / all;
    this.mean += (delta * rows) / all;
    this.rows = all;
  }

  moments(): LogDensityMoments {
    const { rows, mean, squares } = this;
    return { rows, mean, squares };
  }

  toJson(): LogDensitySummaryJson {
    const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return {
      rows: this.rows,
      meanLogDensity: this.rows === 0 ? null : finite(this.mean),
      standardError: this.rows < 2 ? null : finite(Math.sqrt(this.squares / (this.rows - 1) / this.rows)),
    };
  }
}
