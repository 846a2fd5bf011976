import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/extend";
import type { ContextColumn, TableSchema } from "./table-schema.ts";

/** Smallest grid spacing that a model file may ask for. */
const MIN_STEP = 1e-3;

/** The schema as JSON, for the metadata of a model file. */
export function tableSchemaToJson({ columns, context, integers = [], steps = [] }: TableSchema): Json {
  return {
    columns: [...columns],
    ...(integers.length > 0 && { integers: [...integers] }),
    ...(steps.some((step) => step !== 1) && { steps: [...steps] }),
    context: context.map((c) => (c.kind === "number" ? { ...c } : { ...c, categories: [...c.categories] })),
  };
}

/**
 * The schema that {@link tableSchemaToJson} wrote.
 *
 * @throws {ModelFileError} a field is missing or of another type, a rounded column is not a column, or the number of
 * grid spacings differs from the number of rounded columns.
 */
export function tableSchemaFromJson(json: Json): TableSchema {
  const reader = new ConfigReader("table", json);
  const columns = reader.strings("columns");
  const integers = reader.has("integers") ? reader.strings("integers") : [];
  const steps = reader.has("steps") ? reader.numbers("steps", { min: MIN_STEP }) : [];
  const unknown = integers.find((name) => !columns.includes(name));
  if (unknown !== undefined) {
    throw new ModelFileError("config", `table.integers: expected names of columns, got ${JSON.stringify(unknown)}.`);
  }
  if (steps.length !== 0 && steps.length !== integers.length) {
    throw new ModelFileError(
      "config",
      `table.steps: expected ${integers.length} numbers, one per entry of integers, got ${steps.length}.`,
    );
  }
  return {
    columns,
    ...(integers.length > 0 && { integers }),
    ...(steps.length > 0 && { steps }),
    context: reader.array("context").map((item): ContextColumn => {
      const column = new ConfigReader("table.context", item);
      const name = column.string("name");
      return column.oneOf("kind", ["number", "category"]) === "number"
        ? { name, kind: "number" }
        : { name, kind: "category", categories: column.strings("categories") };
    }),
  };
}

/** The JSON of the schema in the metadata of a model file, or undefined when the file describes no table. */
export function tableMetadata(metadata: Json): Json | undefined {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return undefined;
  return new Map(Object.entries(metadata)).get("table");
}
