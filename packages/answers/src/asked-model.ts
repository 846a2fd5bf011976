import { type AskTableOptions, askTable, createKey, OptionError, type TableQuestions } from "pushforward";
import { mention } from "pushforward/extend";
import { isTableDensity } from "./is-table-density.ts";
import type { LoadedModel } from "./loaded-model.ts";
import { type ModelCells, modelCells } from "./model-cells.ts";

/** A model that is asked about some columns given others. */
export interface AskedModel extends ModelCells {
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
export async function askedModel(model: LoadedModel, modelFile: string, seed: number): Promise<AskedModel> {
  const options: AskTableOptions = { key: createKey(seed).fold("questions") };
  const cells = modelCells(model, modelFile);
  if (isTableDensity(model)) {
    const { density } = model;
    if (density.given.length > 0) throw conditionalModel(modelFile, density.given);
    return { ...cells, questions: await askTable(density, options) };
  }
  const { schema, flow } = model;
  if (!("eventShape" in flow)) {
    throw conditionalModel(
      modelFile,
      schema.context.map(({ name }) => name),
    );
  }
  return { ...cells, questions: await askTable(flow, { ...options, columns: schema.columns }) };
}

function conditionalModel(file: string, given: readonly string[]): OptionError {
  return new OptionError([
    `${file}: expected a model of all columns, got one that is conditional on ${given.join(", ")}: fit one without `,
    mention("context"),
    ".",
  ]);
}
