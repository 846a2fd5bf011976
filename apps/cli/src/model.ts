import {
  ConditionalFlow,
  contextSize,
  Flow,
  type Json,
  ModelFileError,
  standard,
  type TableSchema,
  tableMetadata,
  tableSchemaFromJson,
} from "pushforward";
import { loadModel } from "pushforward/node";

/** A model file of the command line: a flow and the table that it describes. */
export interface TableModel {
  readonly flow: Flow | ConditionalFlow;
  readonly schema: TableSchema;
  /** Columns without a number below 0 in the training rows, as far as the file tells. */
  readonly nonNegative: readonly string[];
}

/**
 * Loads a model that `fit` or `import` saved.
 *
 * @throws {ModelFileError} the file is damaged, or holds something else than a flow of a table.
 */
export async function loadTableModel(path: string): Promise<TableModel> {
  const { model, metadata } = await loadModel(path, standard);
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) {
    throw new ModelFileError("type", `"${path}": expected a flow, got another model.`);
  }
  const table = tableMetadata(metadata);
  if (table === undefined) {
    throw new ModelFileError(
      "metadata",
      `"${path}": expected a model that \`pushforward fit\` or \`pushforward import\` saved, got one without the columns of a table.`,
    );
  }
  const schema = tableSchemaFromJson(table);
  const size = model instanceof ConditionalFlow ? model.contextShape.at(-1) : 0;
  const features = "eventShape" in model.base ? model.transform.forwardShape(model.base.eventShape).at(-1) : undefined;
  if (contextSize(schema) !== size || (features !== undefined && schema.columns.length !== features)) {
    throw new ModelFileError(
      "metadata",
      `"${path}": expected as many columns as the flow has variables (${features}) and context (${size}), got ${schema.columns.length} and ${contextSize(schema)}.`,
    );
  }
  return { flow: model, schema, nonNegative: nonNegativeColumns(metadata, schema) };
}

/** What `fit` noted in the file; nothing where it did not. */
function nonNegativeColumns(metadata: Json, { columns }: TableSchema): string[] {
  const fit = fieldOf(metadata, "fit");
  const names = fit === undefined ? undefined : fieldOf(fit, "nonNegative");
  return Array.isArray(names) ? columns.filter((name) => names.includes(name)) : [];
}

function fieldOf(json: Json, name: string): Json | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  return new Map(Object.entries(json)).get(name);
}
