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

/** The model of a table from a file, with its anomaly score. */
export type LoadedModel = TableModel & {
  /** Scores how anomalous rows are; undefined if the file has no anomaly score. */
  readonly anomalies?: AnomalyScore | undefined;
};

/** The name of the anomaly score among the companions of a model. */
export const ANOMALIES = "anomalies";

/**
 * The model of a table, from the contents of a model file.
 *
 * @param where begins the error messages: the name of the file.
 * @throws {ModelFileError} the file holds a model without the columns of a table.
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
      "Weights of the model overflow float32: fit it again, or check where its file comes from.",
    { file, row },
  );
}

/** The summary of log-densities, as JSON has it: null stands for what is not a finite number. */
export interface LogDensitySummaryJson {
  readonly rows: number;
  readonly meanLogDensity: number | null;
  readonly standardError: number | null;
}

/** What a {@link LogDensitySummary} knows. */
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

  /** Adds the numbers of another summary (Chan, Golub, LeVeque 1979). */
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
