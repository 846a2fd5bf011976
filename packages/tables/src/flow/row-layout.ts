import { type Json, ModelFileError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/plain";
import type { ColumnKind } from "@pushforward/datasets";

/** Smallest grid spacing that a model file may ask for. */
const MIN_STEP = 1e-3;

/** A column that a conditional model is given: a number, or one of the categories seen in training. */
export type ContextColumn =
  | { readonly name: string; readonly kind: "number" }
  | { readonly name: string; readonly kind: "category"; readonly categories: readonly string[] };

/**
 * What the columns of a table mean to a flow of numbers. It is stored in the model file, so that every program that opens the
 * file reads and writes the same columns.
 */
export interface RowLayout {
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
export function contextSize({ context }: RowLayout): number {
  return context.reduce((sum, column) => sum + (column.kind === "number" ? 1 : column.categories.length), 0);
}

/** The positions of each categorical column's one-hot block in the context vector. */
export function classColumns({ context }: RowLayout): number[][] {
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
export function contextNames({ context }: RowLayout): string[] {
  return context.map(({ name }) => name);
}

/** The names of all columns of a layout: those that are modeled, then those that are given. */
export function layoutNames(layout: RowLayout): string[] {
  return [...layout.columns, ...contextNames(layout)];
}

/** What each column of a layout holds, for a reader of tables. */
export function layoutKinds(layout: RowLayout): Record<string, ColumnKind> {
  return Object.fromEntries([
    ...layout.columns.map((name) => [name, "number"] as const),
    ...layout.context.map(({ name, kind }) => [name, kind === "number" ? "number" : "text"] as const),
  ]);
}

/** Grid spacing of a column, or undefined for a column of real numbers. */
export function gridSpacing({ integers = [], steps = [] }: RowLayout, name: string): number | undefined {
  const at = integers.indexOf(name);
  return at < 0 ? undefined : (steps[at] ?? 1);
}

/** The layout as JSON, for the metadata of a model file. */
export function layoutToJson({ columns, context, integers = [], steps = [] }: RowLayout): Json {
  return {
    columns: [...columns],
    ...(integers.length > 0 && { integers: [...integers] }),
    ...(steps.some((step) => step !== 1) && { steps: [...steps] }),
    context: context.map((c) => (c.kind === "number" ? { ...c } : { ...c, categories: [...c.categories] })),
  };
}

/**
 * The layout that {@link layoutToJson} wrote.
 *
 * @throws {ModelFileError} a field is missing or of another type, a rounded column is not a column, or the number of
 * grid spacings differs from the number of rounded columns.
 */
export function layoutFromJson(json: Json): RowLayout {
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

/** The JSON of the layout in the metadata of a model file, or undefined when the file describes no table. */
export function tableMetadata(metadata: Json): Json | undefined {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return undefined;
  return new Map(Object.entries(metadata)).get("table");
}
