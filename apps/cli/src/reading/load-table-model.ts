import { ModelFileError, standardRegistry } from "pushforward";
import { type TableModel, type TableSchema, tableModel } from "pushforward/extend";
import { loadModel } from "pushforward/node";

/** A model file of the command line, which always describes a table. */
export interface DescribedModel extends TableModel {
  readonly schema: TableSchema;
}

/**
 * Loads a model that `fit` or `import` saved.
 *
 * @throws {ModelFileError} the file is damaged, or holds something else than a flow of a table.
 */
export async function loadTableModel(path: string): Promise<DescribedModel> {
  const { model, metadata } = await loadModel(path, standardRegistry);
  const { schema, ...rest } = tableModel(model, metadata, `"${path}"`);
  if (schema !== undefined) return { ...rest, schema };
  throw new ModelFileError(
    "metadata",
    `"${path}": expected a model that \`pushforward fit\` or \`pushforward import\` saved, got one without the columns of a table.`,
  );
}
