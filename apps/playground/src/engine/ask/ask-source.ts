import { createKey, type Table, type TableModel, type Variable } from "pushforward";

/** Samples behind pictures. */
const SAMPLES = 3000;

/** The shown trained model, with rows and samples that the page already has. */
export interface AskedModel {
  readonly model: TableModel;
  readonly rows?: Table | undefined;
  readonly samples?: Table | undefined;
}

/** A model that takes questions. */
export interface AskSource {
  readonly model: TableModel;
  /** The columns that can be given. */
  readonly variables: readonly Variable[];
  /** Rows next to the model, which define its categories and the axes of pictures. */
  readonly rows: Table | undefined;
  readonly samples: Table;
}

/**
 * Returns a model with the data for questions; undefined if its columns are context already, or it has only one column.
 */
export function askSource({ model, rows, samples: drawn }: AskedModel): AskSource | undefined {
  if (model.context.length > 0) return undefined;
  const samples = drawn ?? pictureSamples(model);
  const variables = model.learned.flatMap((variable) => seenVariable(variable, samples));
  return variables.length < 2 ? undefined : { model, variables, rows, samples };
}

/** Draws the samples of a model for its pictures, in the model's own format. */
export function pictureSamples(model: TableModel): Table {
  return model.sample(createKey(0).fold("pictures"), SAMPLES);
}

/** Returns a column with values; if the model does not know the range of its rows, with the range of its samples. */
function seenVariable(variable: Variable, { columns }: Table): Variable | [] {
  if (variable.distinct > 0) return variable;
  const column = columns.find(({ name }) => name === variable.name);
  if (column?.kind !== "number") return [];
  const numbers = column.values.filter(Number.isFinite);
  if (numbers.length === 0) return [];
  const [min, max] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  return { ...variable, rows: column.values.length, distinct: numbers.length, min, max };
}
