import type { ColumnKind } from "@pushforward/datasets";

/** A column that a conditional model is given: a number, or one of the categories seen in training. */
export type ContextColumn =
  | { readonly name: string; readonly kind: "number" }
  | { readonly name: string; readonly kind: "category"; readonly categories: readonly string[] };

/**
 * What the columns of a table mean to a model. The schema is stored in the model file, so that every program that opens
 * the file reads and writes tables of the same layout.
 */
export interface TableSchema {
  /** The columns whose density is learned, in the order of the model's variables. */
  readonly columns: readonly string[];
  /** The columns that the model is given, in the order of the context vector. */
  readonly context: readonly ContextColumn[];
  /** Columns of values on a grid (integers, tenths, …), learned with noise; samples are rounded to the grid. */
  readonly integers?: readonly string[];
  /** Grid spacing of each column of `integers`. Default: 1 for each. */
  readonly steps?: readonly number[];
}

/** Length of the context vector: 1 for a number, one entry per category otherwise. 0 for a model without context. */
export function contextSize({ context }: TableSchema): number {
  return context.reduce((sum, column) => sum + (column.kind === "number" ? 1 : column.categories.length), 0);
}

/** The positions of each categorical column's one-hot block in the context vector. */
export function classColumns({ context }: TableSchema): number[][] {
  const blocks: number[][] = [];
  let offset = 0;
  for (const column of context) {
    const size = column.kind === "number" ? 1 : column.categories.length;
    if (column.kind === "category") blocks.push(Array.from({ length: size }, (_, k) => offset + k));
    offset += size;
  }
  return blocks;
}

/** The names of the context columns. */
export function contextNames({ context }: TableSchema): string[] {
  return context.map(({ name }) => name);
}

/** The names of all columns of a schema: those that are modeled, then those that are given. */
export function schemaNames(schema: TableSchema): string[] {
  return [...schema.columns, ...contextNames(schema)];
}

/** What each column of a schema holds, for a reader of tables. */
export function schemaKinds(schema: TableSchema): Record<string, ColumnKind> {
  return Object.fromEntries([
    ...schema.columns.map((name) => [name, "number"] as const),
    ...schema.context.map(({ name, kind }) => [name, kind === "number" ? "number" : "text"] as const),
  ]);
}

/** Grid spacing of a column, or undefined for a column of real numbers. */
export function gridSpacing({ integers = [], steps = [] }: TableSchema, name: string): number | undefined {
  const at = integers.indexOf(name);
  return at < 0 ? undefined : (steps[at] ?? 1);
}
