import { ModelFileError, standardRegistry } from "pushforward";
import {
  type TableDensityModel,
  type TableModel,
  type TableSchema,
  tableDensityModel,
  tableModel,
} from "pushforward/extend";
import { loadModel } from "pushforward/node";

/** A model file of the command line, which always describes a table. */
export interface DescribedModel extends TableModel {
  readonly schema: TableSchema;
}

/** Whether a model is a density of a table of any columns, and not a flow of numeric ones. */
export function isTableDensity(model: DescribedModel | TableDensityModel): model is TableDensityModel {
  return "density" in model;
}

/**
 * Loads a model that `fit` or `import` saved.
 *
 * @throws {ModelFileError} the file is damaged, or holds something else than a model of a table.
 */
export async function loadTableModel(path: string): Promise<DescribedModel | TableDensityModel> {
  const { model, metadata } = await loadModel(path, standardRegistry);
  const density = tableDensityModel(model, metadata, `"${path}"`);
  if (density !== undefined) return density;
  const { schema, ...rest } = tableModel(model, metadata, `"${path}"`);
  if (schema !== undefined) return { ...rest, schema };
  throw new ModelFileError(
    "metadata",
    `"${path}": expected a model that \`pushforward fit\` or \`pushforward import\` saved, got one without the columns of a table.`,
  );
}
