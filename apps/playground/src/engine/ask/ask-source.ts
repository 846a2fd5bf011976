import { createKey, type Table, type TableModel, type Variable } from "pushforward";

/** Samples behind pictures. */
const SAMPLES = 3000;

/** The trained model that is shown, and what the page has drawn and read beside it. */
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
  /** Rows beside the model, of which its categories and the axes of pictures are taken. */
  readonly rows: Table | undefined;
  readonly samples: Table;
}

/** A model with all that questions take; undefined where its columns are given already, or there is only one. */
export function askSource({ model, rows, samples: drawn }: AskedModel): AskSource | undefined {
  if (model.context.length > 0) return undefined;
  const samples = drawn ?? pictureSamples(model);
  const variables = model.learned.flatMap((variable) => seenVariable(variable, samples));
  return variables.length < 2 ? undefined : { model, variables, rows, samples };
}

/** The samples of a model behind its pictures, as it has them itself. */
export function pictureSamples(model: TableModel): Table {
  return model.sample(createKey(0).fold("pictures"), SAMPLES);
}

/** A column that has values, with the range of its samples where the model does not know that of its rows. */
function seenVariable(variable: Variable, { columns }: Table): Variable | [] {
  if (variable.distinct > 0) return variable;
  const column = columns.find(({ name }) => name === variable.name);
  if (column?.kind !== "number") return [];
  const numbers = column.values.filter(Number.isFinite);
  if (numbers.length === 0) return [];
  const [min, max] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  return { ...variable, rows: column.values.length, distinct: numbers.length, min, max };
}
