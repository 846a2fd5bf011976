import {
  type Column,
  type ContextColumn,
  contextSize,
  createKey,
  DataError,
  type NdArray,
  ndArray,
  type Table,
  type TableSchema,
  takeRows,
} from "pushforward";
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
export function chooseSchema(table: Table, settings: Settings): TableSchema {
  const has = (name: string): boolean => table.columns.some((c) => c.name === name);
  const given = settings.given.filter(has);
  const context = given.map((name): ContextColumn => {
    const column = table.columns.find((c) => c.name === name) as Column;
    if (column.kind === "number") return { name, kind: "number" };
    const categories = [...new Set(column.values)].sort();
    if (categories.length > MOST_CATEGORIES) {
      throw new DataError(
        `Column "${name}": expected at most ${MOST_CATEGORIES} categories in a given column, got ${categories.length}. Leave the column out.`,
      );
    }
    return { name, kind: "category", categories };
  });
  const numbers = table.columns.filter((c) => c.kind === "number" && !given.includes(c.name)).map((c) => c.name);
  const chosen = settings.columns.filter((name) => numbers.includes(name));
  const columns = chosen.length > 0 ? chosen : numbers;
  if (columns.length === 0) {
    throw new DataError(
      "Expected at least one column of numbers to learn, got none. Set a column of numbers to “learn”.",
    );
  }
  return { columns, context };
}

/** Settings that read the columns of a model, where the table has them. */
export function withColumnsOf({ columns, context }: TableSchema, settings: Settings): Settings {
  return { ...settings, columns, given: context.map(({ name }) => name) };
}

/** Whether a table has the columns that a model takes, and no category that it does not know. */
export function hasColumnsOf(table: Table, { columns, context }: TableSchema): boolean {
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

/** One context as the model takes it: numbers as they are, a category as a one-hot block. */
export function contextVector(schema: TableSchema, values: readonly number[]): Float64Array {
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
export function contextColumns(table: Table, schema: TableSchema): Float64Array[] {
  return schema.context.map((wanted) => {
    const column = table.columns.find((c) => c.name === wanted.name) as Column;
    if (wanted.kind === "number") return Float64Array.from(column.values as Float64Array);
    const codes = new Map(wanted.categories.map((category, k) => [category, k]));
    return Float64Array.from(column.values as readonly string[], (text) => codes.get(text) as number);
  });
}

/** The rows of a table as the model takes them. */
export function tableRows(table: Table, schema: TableSchema): Part {
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
    throw new DataError(`Expected at least 3 rows, two for training and one for validation, got ${count}.`);
  }
  const order = createKey(seed).fold("split").permutation(count);
  const take = (indices: Int32Array): Part => ({
    x: takeRows(rows.x, indices),
    context: rows.context && takeRows(rows.context, indices),
  });
  return { validation: take(order.slice(0, held)), train: take(order.slice(held)) };
}
