import type { Variable } from "@pushforward/columns";
import { isLearnedVariable, isNumericVariable, variablesFromJson, variablesToJson } from "@pushforward/columns/extend";
import { type Json, ModelFileError } from "@pushforward/core";
import { TableDensity } from "../density/table-density.ts";
import { tableMetadata } from "../flow/table-schema-json.ts";
import { TableMixture } from "../mixtures/table-mixture/table-mixture.ts";

/** The density of a table, and the columns of the file that it was learned from. */
export interface TableDensityModel {
  readonly density: TableDensity | TableMixture;
  /** All columns of the file, in their order. */
  readonly variables: readonly Variable[];
  /** Those that were learned, in the order of the file. */
  readonly learned: readonly Variable[];
}

/** What the metadata of a model file holds under `table`, for the density of a table of any columns. */
export function tableVariablesToJson(variables: readonly Variable[]): Json {
  return { variables: variablesToJson(variables) };
}

/**
 * The density of a table, from what a model file holds; undefined for models of another kind, which `tableModel` reads.
 *
 * @param where begins the error messages: the name of the file.
 * @throws {ModelFileError} the columns of the file are not described, or do not fit the model.
 */
export function tableDensityModel(model: unknown, metadata: Json, where: string): TableDensityModel | undefined {
  if (!(model instanceof TableDensity || model instanceof TableMixture)) return undefined;
  const variables = storedVariables(tableMetadata(metadata));
  if (variables === undefined) {
    throw new ModelFileError("metadata", `${where}: expected a description of the columns of its table, got none.`);
  }
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  for (const { name, coding } of model.columns) {
    const variable = byName.get(name);
    if (
      variable === undefined ||
      !isLearnedVariable(variable) ||
      isNumericVariable(variable) !== (coding.columnKind === "number")
    ) {
      throw new ModelFileError(
        "metadata",
        `${where}: expected column "${name}" as the model has learned it, got ${variable?.kind ?? "no such column"}.`,
      );
    }
  }
  const names = new Set(model.columns.map(({ name }) => name));
  return { density: model, variables, learned: variables.filter(({ name }) => names.has(name)) };
}

function storedVariables(table: Json | undefined): Variable[] | undefined {
  if (typeof table !== "object" || table === null || Array.isArray(table)) return undefined;
  const variables = new Map(Object.entries(table)).get("variables");
  return variables === undefined ? undefined : variablesFromJson(variables);
}
