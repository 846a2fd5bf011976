import {
  type AskTableOptions,
  askTable,
  type Conditions,
  checkConditions,
  createKey,
  OptionError,
  type TableQuestions,
} from "pushforward";
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
  const { density, columns } = askable(model, modelFile);
  return { ...modelCells(model, modelFile), questions: await askTable(density, { ...options, columns }) };
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
export function checkQuestions(model: LoadedModel, modelFile: string, conditions: readonly Conditions[]): void {
  const { density, columns } = askable(model, modelFile);
  for (const one of conditions) checkConditions(density, one, { columns });
}

/** The density that questions are about, and the names of the columns of a flow. */
function askable(model: LoadedModel, modelFile: string) {
  if (isTableDensity(model)) {
    const { density } = model;
    if (density.given.length > 0) throw conditionalModel(modelFile, density.given);
    return { density, columns: undefined };
  }
  const { schema, flow } = model;
  if ("eventShape" in flow) return { density: flow, columns: schema.columns };
  throw conditionalModel(
    modelFile,
    schema.context.map(({ name }) => name),
  );
}

function conditionalModel(file: string, given: readonly string[]): OptionError {
  return new OptionError([
    `${file}: expected a model of all columns, got one that is conditional on ${given.join(", ")}: fit one without `,
    mention("context"),
    ".",
  ]);
}
