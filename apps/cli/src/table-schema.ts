import {
  type Column,
  type ContextColumn,
  contextSize,
  DataError,
  listNames,
  type NdArray,
  ndArray,
  type Table,
  type TableSchema,
} from "pushforward";
import { rowNumber } from "./read-table.ts";
import { UserError } from "./user-error.ts";

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
        `${file}: expected a column "${name}", got the columns ${listNames(table.columns.map((c) => c.name))}.`,
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

/** The event rows of a table, `[rows, columns]`. */
export function eventRows(table: Table, schema: TableSchema, file: string): NdArray {
  const data = new Float64Array(table.rows * schema.columns.length);
  for (const [j, name] of schema.columns.entries()) {
    const values = numberColumn(table, name, file);
    for (let i = 0; i < table.rows; i++) data[i * schema.columns.length + j] = values[i] as number;
  }
  return ndArray([table.rows, schema.columns.length], data);
}

/** The context vectors of a table, `[rows, contextSize]`. */
export function contextRows(table: Table, schema: TableSchema, file: string): NdArray {
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
        const row = rowNumber(table, i);
        throw new DataError(
          `${file}, row ${row}, column "${column.name}": expected one of ${listNames(column.categories)}, got "${text}".`,
          { file, row, column: column.name },
        );
      }
      data[i * width + offset + index] = 1;
    }
    offset += column.categories.length;
  }
  return ndArray([table.rows, width], data);
}

function numberColumn(table: Table, name: string, file: string): Float64Array {
  const column = table.columns.find((c) => c.name === name);
  if (column === undefined) throw missing(table, name, file);
  if (column.kind !== "number")
    throw new DataError(`${file}, column "${name}": expected numbers, got text.`, { file, column: name });
  return column.values;
}

function missing(table: Table, name: string, file: string): DataError {
  const names = listNames(table.columns.map((c) => c.name));
  return new DataError(`${file}: expected a column "${name}" as in the training data, got the columns ${names}.`, {
    file,
    column: name,
  });
}
