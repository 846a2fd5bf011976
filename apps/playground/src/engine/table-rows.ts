import {
  type Column,
  ConfigReader,
  createKey,
  DataError,
  type Json,
  type NdArray,
  ndArray,
  type Table,
  takeRows,
} from "pushforward";
import type { ContextColumn, Schema } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";

/** Rows for a purpose, in the units of the data. */
export interface Part {
  readonly x: NdArray;
  readonly context?: NdArray | undefined;
}

/** Most categories of a column that a model can be given. */
const MOST_CATEGORIES = 40;

/**
 * What the columns of a table mean to the model of these settings.
 *
 * @throws {DataError} nothing is left to model, or a column has too many categories.
 */
export function chooseSchema(table: Table, settings: Settings): Schema {
  const has = (name: string): boolean => table.columns.some((c) => c.name === name);
  const given = settings.given.filter(has);
  const context = given.map((name): ContextColumn => {
    const column = table.columns.find((c) => c.name === name) as Column;
    if (column.kind === "number") return { name, kind: "number" };
    const categories = [...new Set(column.values)].sort();
    if (categories.length > MOST_CATEGORIES) {
      throw new DataError(
        `Column "${name}": expected at most ${MOST_CATEGORIES} different texts to condition on, got ${categories.length}.`,
      );
    }
    return { name, kind: "category", categories };
  });
  const numbers = table.columns.filter((c) => c.kind === "number" && !given.includes(c.name)).map((c) => c.name);
  const chosen = settings.columns.filter((name) => numbers.includes(name));
  const columns = chosen.length > 0 ? chosen : numbers;
  if (columns.length === 0) {
    throw new DataError("Expected at least one column of numbers to model, got none. Condition on fewer columns.");
  }
  return { columns, context };
}

/** Settings that read the columns of a model, where the table has them. */
export function withColumnsOf({ columns, context }: Schema, settings: Settings): Settings {
  return { ...settings, columns, given: context.map(({ name }) => name) };
}

/** Whether a table has the columns that a model takes, and no category that it does not know. */
export function hasColumnsOf(table: Table, { columns, context }: Schema): boolean {
  const find = (name: string): Column | undefined => table.columns.find((c) => c.name === name);
  return (
    columns.every((name) => find(name)?.kind === "number") &&
    context.every((wanted) => {
      const column = find(wanted.name);
      if (wanted.kind === "number") return column?.kind === "number";
      return column?.kind === "text" && column.values.every((text) => wanted.categories.includes(text));
    })
  );
}

/** Length of the context vector: 0 for a model without context. */
export function contextSize({ context }: Schema): number {
  return context.reduce((sum, c) => sum + (c.kind === "number" ? 1 : c.categories.length), 0);
}

/** One context as the model takes it: numbers as they are, a category as a one-hot block. */
export function contextVector(schema: Schema, values: readonly number[]): Float64Array {
  const vector = new Float64Array(contextSize(schema));
  let offset = 0;
  for (const [k, column] of schema.context.entries()) {
    if (column.kind === "number") vector[offset++] = values[k] ?? 0;
    else {
      vector[offset + (values[k] ?? 0)] = 1;
      offset += column.categories.length;
    }
  }
  return vector;
}

/** The values of the context columns, column by column: numbers, or numbers of categories. */
export function contextColumns(table: Table, schema: Schema): Float64Array[] {
  return schema.context.map((wanted) => {
    const column = table.columns.find((c) => c.name === wanted.name) as Column;
    if (wanted.kind === "number") return Float64Array.from(column.values as Float64Array);
    const codes = new Map(wanted.categories.map((category, k) => [category, k]));
    return Float64Array.from(column.values as readonly string[], (text) => codes.get(text) as number);
  });
}

/** The rows of a table as the model takes them. */
export function tableRows(table: Table, schema: Schema): Part {
  const { rows } = table;
  const width = schema.columns.length;
  const x = new Float64Array(rows * width);
  for (const [j, name] of schema.columns.entries()) {
    const values = (table.columns.find((c) => c.name === name) as Column).values as Float64Array;
    for (let i = 0; i < rows; i++) x[i * width + j] = values[i] as number;
  }
  const size = contextSize(schema);
  if (size === 0) return { x: ndArray([rows, width], x) };
  const columns = contextColumns(table, schema);
  const context = new Float64Array(rows * size);
  for (let i = 0; i < rows; i++) {
    context.set(
      contextVector(
        schema,
        columns.map((values) => values[i] as number),
      ),
      i * size,
    );
  }
  return { x: ndArray([rows, width], x), context: ndArray([rows, size], context) };
}

const HELD_OUT = 0.1;
const FEWEST_HELD_OUT = 10;

/** A tenth of the rows is held out, the same rows as by the command line. */
export function holdOut(rows: Part, seed: number): { readonly train: Part; readonly validation: Part } {
  const count = rows.x.shape[0] as number;
  const held = Math.min(Math.floor(count / 2), Math.max(FEWEST_HELD_OUT, Math.round(HELD_OUT * count)));
  if (count - held < 2 || held < 1) {
    throw new DataError(
      `Expected at least 3 rows, two to learn from and one to judge by, got ${count}. Add rows to train on.`,
    );
  }
  const order = createKey(seed).fold("split").permutation(count);
  const take = (indices: Int32Array): Part => ({
    x: takeRows(rows.x, indices),
    context: rows.context && takeRows(rows.context, indices),
  });
  return { validation: take(order.slice(0, held)), train: take(order.slice(held)) };
}

/** The schema as the command line writes it into model files. */
export function schemaToJson({ columns, context, integers }: Schema): Json {
  return {
    columns: [...columns],
    ...(integers && integers.length > 0 && { integers: [...integers] }),
    context: context.map((c) => (c.kind === "number" ? { ...c } : { ...c, categories: [...c.categories] })),
  };
}

/** The schema in the metadata of a model file; undefined where there is none. */
export function schemaOf(metadata: Json): Schema | undefined {
  const json = typeof metadata === "object" && metadata !== null && "table" in metadata ? metadata.table : undefined;
  if (json === undefined) return undefined;
  const reader = new ConfigReader("table", json);
  return {
    columns: reader.strings("columns"),
    ...(reader.has("integers") && { integers: reader.strings("integers") }),
    context: reader.array("context").map((item): ContextColumn => {
      const column = new ConfigReader("table.context", item);
      const name = column.string("name");
      return column.oneOf("kind", ["number", "category"]) === "number"
        ? { name, kind: "number" }
        : { name, kind: "category", categories: column.strings("categories") };
    }),
  };
}
