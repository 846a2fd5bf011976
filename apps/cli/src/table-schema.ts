import { type Column, ConfigReader, DataError, type Json, type NdArray, ndArray, type Table } from "pushforward";
import { rowLabel } from "./read-table.ts";
import { UserError } from "./user-error.ts";

/** A column that a conditional model is given: a number, or one of the categories that training saw. */
type ContextColumn =
  | { readonly name: string; readonly kind: "number" }
  | { readonly name: string; readonly kind: "category"; readonly categories: readonly string[] };

/**
 * What the columns of a file mean to a model. It is stored in the model file, so that `score`, `sample` and `plot` read
 * and write tables of the same layout. A context becomes a vector: numbers as they are, a category as a one-hot block.
 */
export interface TableSchema {
  readonly columns: readonly string[];
  readonly context: readonly ContextColumn[];
  /** Columns of integers, or of other steps, that were learned with noise: what is drawn is rounded. */
  readonly integers?: readonly string[];
  /** The step of each of these; 1 where absent. */
  readonly steps?: readonly number[];
}

/** How the user chose the columns. */
export interface ColumnChoice {
  readonly columns?: readonly string[];
  readonly context?: readonly string[];
  readonly splitColumn?: string;
}

/**
 * The schema for a table: the chosen columns, or every numeric column that is neither context nor split.
 *
 * @throws {UserError} a column is not there, is text where numbers are needed, or is named twice.
 */
export function chooseColumns(
  table: Table,
  choice: ColumnChoice,
  file: string,
): { schema: TableSchema; left: string[] } {
  const find = (name: string): Column => {
    const column = table.columns.find((c) => c.name === name);
    if (column === undefined) {
      throw new UserError(
        `${file}: expected a column "${name}", got the columns ${table.columns.map((c) => `"${c.name}"`).join(", ")}.`,
      );
    }
    return column;
  };
  const context = (choice.context ?? []).map((name): ContextColumn => {
    const column = find(name);
    if (column.kind === "number") return { name, kind: "number" };
    const categories = [...new Set(column.values)].sort();
    if (categories.length > MAX_CATEGORIES) {
      throw new UserError(
        `${file}, column "${name}": expected at most ${MAX_CATEGORIES} different texts in a context column, got ${categories.length}.`,
      );
    }
    return { name, kind: "category", categories };
  });
  if (choice.splitColumn !== undefined) {
    find(choice.splitColumn);
    if (choice.context?.includes(choice.splitColumn))
      throw new UserError(`${file}: column "${choice.splitColumn}" is named both as context and as split.`);
  }
  const taken = new Set([...(choice.context ?? []), ...(choice.splitColumn === undefined ? [] : [choice.splitColumn])]);
  const columns =
    choice.columns ?? table.columns.filter((c) => c.kind === "number" && !taken.has(c.name)).map((c) => c.name);
  for (const name of columns) {
    if (find(name).kind !== "number") {
      throw new UserError(
        `${file}, column "${name}": expected numbers, got text. Name it in --context to condition on it as a category.`,
      );
    }
    if (taken.has(name))
      throw new UserError(`${file}: column "${name}" is named both as a column and as context or split.`);
  }
  if (columns.length === 0) throw new UserError(`${file}: expected at least one numeric column, got none.`);
  const used = new Set([...columns, ...taken]);
  return { schema: { columns, context }, left: table.columns.map((c) => c.name).filter((name) => !used.has(name)) };
}

const MAX_CATEGORIES = 1000;

/** Length of the context vector: 0 for a model without context. */
export function contextSize(schema: TableSchema): number {
  return schema.context.reduce((sum, c) => sum + (c.kind === "number" ? 1 : c.categories.length), 0);
}

/** The places of each category's column in the context vector, a list for each column of categories. */
export function classColumns(schema: TableSchema): number[][] {
  const blocks: number[][] = [];
  let offset = 0;
  for (const column of schema.context) {
    const size = column.kind === "number" ? 1 : column.categories.length;
    if (column.kind === "category") blocks.push(Array.from({ length: size }, (_, k) => offset + k));
    offset += size;
  }
  return blocks;
}

/** The event rows of a table, `[rows, columns]`. */
export function eventRows(table: Table, schema: TableSchema, file: string): NdArray {
  const data = new Float64Array(table.rows * schema.columns.length);
  for (const [j, name] of schema.columns.entries()) {
    const values = numberColumn(table, name, file);
    for (let i = 0; i < table.rows; i++) data[i * schema.columns.length + j] = values[i] as number;
  }
  return ndArray([table.rows, schema.columns.length], data);
}

/** The context vectors of a table, `[rows, contextSize]`; `firstRow` counts rows of a file read in pieces. */
export function contextRows(table: Table, schema: TableSchema, file: string, firstRow = 1): NdArray {
  const width = contextSize(schema);
  const data = new Float64Array(table.rows * width);
  let offset = 0;
  for (const column of schema.context) {
    if (column.kind === "number") {
      const values = numberColumn(table, column.name, file);
      for (let i = 0; i < table.rows; i++) data[i * width + offset] = values[i] as number;
      offset += 1;
      continue;
    }
    const found = table.columns.find((c) => c.name === column.name);
    if (found === undefined) throw missing(table, column.name, file);
    const indices = new Map(column.categories.map((category, k) => [category, k]));
    for (let i = 0; i < table.rows; i++) {
      const text = String(found.values[i]);
      const index = indices.get(text);
      if (index === undefined) {
        throw new DataError(
          `${file}, ${rowLabel(firstRow + i, table)}, column "${column.name}": expected one of ${listed(column.categories)}, got "${text}".`,
          { file, row: firstRow + i, column: column.name },
        );
      }
      data[i * width + offset + index] = 1;
    }
    offset += column.categories.length;
  }
  return ndArray([table.rows, width], data);
}

/** Some names, and how many more there are. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).join(", ");
  return names.length <= MAX_LISTED ? shown : `${shown} and ${names.length - MAX_LISTED} more`;
}

const MAX_LISTED = 12;

function numberColumn(table: Table, name: string, file: string): Float64Array {
  const column = table.columns.find((c) => c.name === name);
  if (column === undefined) throw missing(table, name, file);
  if (column.kind !== "number")
    throw new DataError(`${file}, column "${name}": expected numbers, got text.`, { file, column: name });
  return column.values;
}

function missing(table: Table, name: string, file: string): DataError {
  const names = table.columns.map((c) => `"${c.name}"`).join(", ");
  return new DataError(`${file}: expected a column "${name}" as in the training data, got the columns ${names}.`, {
    file,
    column: name,
  });
}

/** What the columns of a model hold, for the reader of a CSV file. */
export function kindsOf(schema: TableSchema): Record<string, "number" | "text"> {
  return Object.fromEntries([
    ...schema.columns.map((name) => [name, "number"] as const),
    ...schema.context.map((c) => [c.name, c.kind === "number" ? "number" : "text"] as const),
  ]);
}

/** The columns of a model: those it describes, then those it is given. */
export function namesOf(schema: TableSchema): string[] {
  return [...schema.columns, ...contextNames(schema)];
}

/** The columns that a model is given. */
export function contextNames(schema: TableSchema): string[] {
  return schema.context.map((c) => c.name);
}

/** The schema as JSON, for the model file. */
export function schemaToJson(schema: TableSchema): Json {
  return {
    columns: [...schema.columns],
    ...(schema.integers && schema.integers.length > 0 && { integers: [...schema.integers] }),
    ...(schema.steps?.some((step) => step !== 1) && { steps: [...schema.steps] }),
    context: schema.context.map((c) => (c.kind === "number" ? { ...c } : { ...c, categories: [...c.categories] })),
  };
}

/** The schema that a model file holds, checked. */
export function schemaFromJson(json: Json): TableSchema {
  const c = new ConfigReader("table", json);
  return {
    columns: c.strings("columns"),
    ...(c.has("integers") && { integers: c.strings("integers") }),
    ...(c.has("steps") && { steps: c.numbers("steps", { min: 1e-3 }) }),
    context: c.array("context").map((item): ContextColumn => {
      const column = new ConfigReader("table.context", item);
      const name = column.string("name");
      return column.oneOf("kind", ["number", "category"]) === "number"
        ? { name, kind: "number" }
        : { name, kind: "category", categories: column.strings("categories") };
    }),
  };
}
