import { type Json, ModelFileError } from "@pushforward/core";
import { tableMetadata } from "../flow/row-layout.ts";
import { copulaModel, densityModel } from "./density-model.ts";
import { flowModel } from "./flow-model.ts";
import type { OpenTableOptions, TableModel } from "./table-model.ts";

/** Makes the table model of a module, or returns undefined if the module is of a different kind. */
type Opener = (
  module: unknown,
  table: Json,
  metadata: Json,
  where: string,
  options?: OpenTableOptions,
) => TableModel | undefined;

/** One for each kind of model. */
const OPENERS: readonly Opener[] = [flowModel, densityModel, copulaModel];

/**
 * The model of a table, from the contents of a model file.
 *
 * @param where begins the error messages: the name of the file.
 * @throws {ModelFileError} the file has no table, or its columns do not fit the model.
 */
export function openTableModel(module: unknown, metadata: Json, where: string, options?: OpenTableOptions): TableModel {
  const table = tableMetadata(metadata) ?? null;
  for (const open of OPENERS) {
    const model = open(module, table, metadata, where, options);
    if (model !== undefined) return model;
  }
  throw new ModelFileError(
    "metadata",
    `${where}: expected a model that \`pushforward fit\` or \`pushforward import\` saved, got one without the columns of a table.`,
  );
}
