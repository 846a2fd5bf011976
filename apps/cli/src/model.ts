import { ConditionalFlow, Flow, type Json, ModelFileError, standard } from "pushforward";
import { loadModel } from "pushforward/node";
import { schemaFromJson, type TableSchema } from "./table-schema.ts";

/** A model file of the command line: a flow and the table that it describes. */
export interface TableModel {
  readonly flow: Flow | ConditionalFlow;
  readonly schema: TableSchema;
  readonly metadata: { readonly [key: string]: Json };
}

/**
 * Loads a model that `fit` saved.
 *
 * @throws {ModelFileError} the file is damaged, or holds something else than a flow of a table.
 */
export async function loadTableModel(path: string): Promise<TableModel> {
  const { model, metadata } = await loadModel(path, standard);
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) {
    throw new ModelFileError("type", `${path}: expected a flow, got another model.`);
  }
  if (typeof metadata !== "object" || metadata === null || !("table" in metadata)) {
    throw new ModelFileError("metadata", `${path}: expected the columns of a table in the metadata, got none.`);
  }
  const record = metadata as { readonly [key: string]: Json };
  return { flow: model, schema: schemaFromJson(record["table"] as Json), metadata: record };
}
