import { AnomalyScore, ModelFileError, standardRegistry } from "pushforward";
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

/** What a model file of the command line holds. */
export type LoadedModel = (DescribedModel | TableDensityModel) & {
  /** What scores how odd rows are; undefined where the file has none. */
  readonly anomalies?: AnomalyScore | undefined;
};

/** The name of the anomaly score among the companions of a model. */
export const ANOMALIES = "anomalies";

/** Whether a model is a density of a table of any columns, and not a flow of numeric ones. */
export function isTableDensity<T extends DescribedModel | TableDensityModel>(
  model: T,
): model is Extract<T, TableDensityModel> {
  return "density" in model;
}

/**
 * Loads a model that `fit` or `import` saved.
 *
 * @throws {ModelFileError} the file is damaged, or holds something else than a model of a table.
 */
export async function loadTableModel(path: string): Promise<LoadedModel> {
  const { model, metadata, companions } = await loadModel(path, standardRegistry);
  const companion = companions.get(ANOMALIES);
  const anomalies = companion instanceof AnomalyScore ? companion : undefined;
  const density = tableDensityModel(model, metadata, `"${path}"`);
  if (density !== undefined) return { ...density, anomalies };
  const { schema, ...rest } = tableModel(model, metadata, `"${path}"`);
  if (schema !== undefined) return { ...rest, schema, anomalies };
  throw new ModelFileError(
    "metadata",
    `"${path}": expected a model that \`pushforward fit\` or \`pushforward import\` saved, got one without the columns of a table.`,
  );
}
