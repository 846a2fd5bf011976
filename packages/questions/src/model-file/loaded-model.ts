import { AnomalyScore } from "@pushforward/anomalies";
import { ModelFileError } from "@pushforward/core";
import type { DecodedModel } from "@pushforward/serialization";
import {
  type TableDensityModel,
  type TableModel,
  type TableSchema,
  tableDensityModel,
  tableModel,
} from "@pushforward/tables/extend";

/** A flow, and the table that it was fitted to. */
export interface DescribedModel extends TableModel {
  readonly schema: TableSchema;
}

/** What a model file of a table holds. */
export type LoadedModel = (DescribedModel | TableDensityModel) & {
  /** What scores how odd rows are; undefined where the file has none. */
  readonly anomalies?: AnomalyScore | undefined;
};

/** The name of the anomaly score among the companions of a model. */
export const ANOMALIES = "anomalies";

/**
 * The model of a table, from what a model file holds.
 *
 * @param where begins the error messages: the name of the file.
 * @throws {ModelFileError} the file holds something else than a model of a table.
 * @example
 * const schema = { columns: ["x", "y"], context: [] };
 * const file = encodeModel(flow, standardRegistry, { metadata: { table: tableSchemaToJson(schema) } });
 * isTableDensity(loadedModel(decodeModel(file, standardRegistry), "flow.safetensors")); // → false
 */
export function loadedModel(decoded: DecodedModel<object>, where: string): LoadedModel {
  const { model, metadata, companions } = decoded;
  const companion = companions.get(ANOMALIES);
  const anomalies = companion instanceof AnomalyScore ? companion : undefined;
  const density = tableDensityModel(model, metadata, `"${where}"`);
  if (density !== undefined) return { ...density, anomalies };
  const { schema, ...rest } = tableModel(model, metadata, `"${where}"`);
  if (schema !== undefined) return { ...rest, schema, anomalies };
  throw new ModelFileError(
    "metadata",
    `"${where}": expected a model that \`pushforward fit\` or \`pushforward import\` saved, got one without the columns of a table.`,
  );
}

/**
 * Whether a model is a density of a table of any columns, and not a flow of numeric ones.
 *
 * @example
 * const columns = (model: LoadedModel) => (isTableDensity(model) ? model.learned.length : model.schema.columns.length);
 */
export function isTableDensity<T extends DescribedModel | TableDensityModel>(
  model: T,
): model is Extract<T, TableDensityModel> {
  return "density" in model;
}
