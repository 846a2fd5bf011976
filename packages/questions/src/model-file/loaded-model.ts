import { AnomalyScore } from "@pushforward/anomalies";
import type { DecodedModel } from "@pushforward/serialization";
import type { TableModel } from "@pushforward/tables";
import { openTableModel } from "@pushforward/tables/extend";

/** The model of a table from a file, with its anomaly score. */
export type LoadedModel = TableModel & {
  /** Scores how anomalous rows are; undefined if the file has no anomaly score. */
  readonly anomalies?: AnomalyScore | undefined;
};

/** The name of the anomaly score among the companions of a model. */
export const ANOMALIES = "anomalies";

/**
 * The model of a table, from the contents of a model file.
 *
 * @param where begins the error messages: the name of the file.
 * @throws {ModelFileError} the file holds a model without the columns of a table.
 * @example
 * const layout = { columns: ["x", "y"], context: [] };
 * const file = encodeModel(flow, standardRegistry, { metadata: { table: layoutToJson(layout) } });
 * loadedModel(decodeModel(file, standardRegistry), "flow.safetensors").names; // → ["x", "y"]
 */
export function loadedModel({ model, metadata, companions }: DecodedModel<object>, where: string): LoadedModel {
  const companion = companions.get(ANOMALIES);
  const anomalies = companion instanceof AnomalyScore ? companion : undefined;
  return Object.assign(openTableModel(model, metadata, `"${where}"`), { anomalies });
}
