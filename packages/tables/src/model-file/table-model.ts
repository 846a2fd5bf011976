import { type Json, ModelFileError, type Shape } from "@pushforward/core";
import { ConditionalFlow, Flow } from "@pushforward/flows";
import { contextSize, type TableSchema } from "../flow/table-schema.ts";
import { tableMetadata, tableSchemaFromJson } from "../flow/table-schema-json.ts";

/** A flow, and the table that its model file describes. */
export interface TableModel {
  readonly flow: Flow | ConditionalFlow;
  /** Undefined when the file describes no table. */
  readonly schema: TableSchema | undefined;
  /** Columns without a number below 0 in the training rows, as far as the file tells. */
  readonly nonNegative: readonly string[];
}

/**
 * The model of a table, from what a model file holds.
 *
 * @param where begins the error messages: the name of the file.
 * @throws {ModelFileError} the model is no flow of rows, or the table that is described has other columns than the flow.
 */
export function tableModel(model: unknown, metadata: Json, where: string): TableModel {
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) {
    throw new ModelFileError("type", `${where}: expected a flow, got another model.`);
  }
  const schema = checkedSchema(model, metadata, where);
  return { flow: model, schema, nonNegative: storedNonNegative(metadata, schema) };
}

/** A schema for a flow whose file describes no table: columns x1, x2, … and contexts c1, c2, … */
export function unnamedSchema(flow: Flow | ConditionalFlow): TableSchema {
  const named = (letter: string, count: number): string[] =>
    Array.from({ length: count }, (_, j) => `${letter}${j + 1}`);
  return {
    columns: named("x", eventShapeOf(flow)?.[0] ?? 0),
    context: named("c", contextWidthOf(flow)).map((name) => ({ name, kind: "number" })),
  };
}

/** Columns of training rows without a number below 0. */
export function nonNegativeColumns(x: { readonly data: ArrayLike<number> }, { columns }: TableSchema): string[] {
  const { data } = x;
  return columns.filter((_, j) => {
    for (let at = j; at < data.length; at += columns.length) if ((data[at] as number) < 0) return false;
    return true;
  });
}

function checkedSchema(flow: Flow | ConditionalFlow, metadata: Json, where: string): TableSchema | undefined {
  const shape = eventShapeOf(flow);
  if (shape !== undefined && shape.length !== 1) {
    throw new ModelFileError("type", `${where}: expected a flow of rows, got events of ${shape.length} axes.`);
  }
  const table = tableMetadata(metadata);
  if (table === undefined) return undefined;
  const schema = tableSchemaFromJson(table);
  const features = shape?.[0] ?? schema.columns.length;
  const width = contextWidthOf(flow);
  if (schema.columns.length !== features || contextSize(schema) !== width) {
    throw new ModelFileError(
      "metadata",
      `${where}: expected as many columns as the flow has variables (${features}) and context (${width}), got ${schema.columns.length} and ${contextSize(schema)}.`,
    );
  }
  return schema;
}

/** Undefined where the base tells it for a context only. */
function eventShapeOf(flow: Flow | ConditionalFlow): Shape | undefined {
  if (flow instanceof Flow) return flow.eventShape;
  return "eventShape" in flow.base ? flow.transform.forwardShape(flow.base.eventShape) : undefined;
}

function contextWidthOf(flow: Flow | ConditionalFlow): number {
  return flow instanceof ConditionalFlow ? (flow.contextShape.at(-1) ?? 0) : 0;
}

/** What `fit` noted in the file; nothing where it did not. */
function storedNonNegative(metadata: Json, schema: TableSchema | undefined): string[] {
  const fit = fieldOf(metadata, "fit");
  const names = fit === undefined ? undefined : fieldOf(fit, "nonNegative");
  return Array.isArray(names) ? (schema?.columns ?? []).filter((name) => names.includes(name)) : [];
}

function fieldOf(json: Json, name: string): Json | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  return new Map(Object.entries(json)).get(name);
}
