import type { NumberFormat } from "@pushforward/columns";
import { roundToFormat } from "@pushforward/columns/extend";
import { createKey, type Json, ModelFileError, type NdArray, OptionError } from "@pushforward/core";
import { ConfigReader } from "@pushforward/core/plain";
import { type ColumnKind, type NumberColumn, takeRows } from "@pushforward/datasets";
import { roundToGrid } from "@pushforward/datasets/extend";
import { type ConditionalFlow, type Flow, sampleRows } from "@pushforward/flows";

/** Smallest grid spacing that a model file may ask for. */
const MIN_STEP = 1e-6;

/** Column that a conditional model is given: a number, or a category seen in training. */
export type ContextColumn =
  | { readonly name: string; readonly kind: "number" }
  | { readonly name: string; readonly kind: "category"; readonly categories: readonly string[] };

/**
 * Roles of the columns of a table in a flow of numbers. The model file stores the layout, so that every program that
 * opens the file reads and writes the same columns.
 */
export interface RowLayout {
  /** Columns with a learned density, in the order of the model's variables. */
  readonly columns: readonly string[];
  /** The columns that the model is given, in the order of the context vector. */
  readonly context: readonly ContextColumn[];
  /** Columns of values on a grid (integers, tenths, …), learned with noise; samples are rounded to the grid. */
  readonly integers?: readonly string[];
  /** Grid spacing of each column of `integers`. Default: 1 for each. */
  readonly steps?: readonly number[];
  /** The digits of the numbers of each column, to which samples are rounded. Default: samples have all digits. */
  readonly formats?: readonly NumberDigits[] | undefined;
}

/** Digits of the numbers of a column: after the decimal separator, or significant ones. */
export type NumberDigits = Pick<NumberFormat, "decimals" | "significant">;

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

/** Returns the names of all columns of a layout: first the modeled columns, then the context columns. */
export function layoutNames(layout: RowLayout): string[] {
  return [...layout.columns, ...contextNames(layout)];
}

/** Returns the kind of each column of a layout, for a reader of tables. */
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
export function layoutToJson({ columns, context, integers = [], steps = [], formats = [] }: RowLayout): Json {
  return {
    columns: [...columns],
    ...(integers.length > 0 && { integers: [...integers] }),
    ...(steps.some((step) => step !== 1) && { steps: [...steps] }),
    ...(formats.length > 0 && { formats: formats.map((format) => ({ ...format })) }),
    context: context.map((c) => (c.kind === "number" ? { ...c } : { ...c, categories: [...c.categories] })),
  };
}

/**
 * Reads a layout that {@link layoutToJson} wrote.
 *
 * @throws {ModelFileError} a field is missing or of the wrong type, a rounded column is not a column, or the number of
 * grid spacings differs from the number of rounded columns.
 */
export function layoutFromJson(json: Json): RowLayout {
  const reader = new ConfigReader("table", json);
  const columns = reader.strings("columns");
  const integers = reader.has("integers") ? reader.strings("integers") : [];
  const steps = reader.has("steps") ? reader.numbers("steps", { min: MIN_STEP }) : [];
  const formats = reader.has("formats") ? reader.array("formats").map(digitsFromJson) : [];
  if (formats.length !== 0 && formats.length !== columns.length) {
    throw new ModelFileError(
      "config",
      `table.formats: expected ${columns.length} formats, one per column, got ${formats.length}.`,
    );
  }
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
    ...(formats.length > 0 && { formats }),
    context: reader.array("context").map((item): ContextColumn => {
      const column = new ConfigReader("table.context", item);
      const name = column.string("name");
      return column.oneOf("kind", ["number", "category"]) === "number"
        ? { name, kind: "number" }
        : { name, kind: "category", categories: column.strings("categories") };
    }),
  };
}

function digitsFromJson(json: Json): NumberDigits {
  const reader = new ConfigReader("table.formats", json);
  const digits = {
    ...(reader.has("decimals") && { decimals: reader.count("decimals", { min: 0, max: 15 }) }),
    ...(reader.has("significant") && { significant: reader.count("significant", { max: 17 }) }),
  };
  reader.end();
  return digits;
}

/** The JSON of the layout in the metadata of a model file, or undefined when the file describes no table. */
export function tableMetadata(metadata: Json): Json | undefined {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return undefined;
  return new Map(Object.entries(metadata)).get("table");
}

/** Rows that are drawn at once: memory does not grow with the number of samples. */
export const SAMPLE_BLOCK_ROWS = 32_768;

/** Samples to draw. */
export interface SampleBlocksOptions {
  /** Number of samples; for a conditional model, of each context. */
  readonly count: number;
  readonly seed: number;
  /** The first sample that is wanted, a multiple of `sampleBlockRows(model)`. Default: 0. */
  readonly from?: number | undefined;
  /** Context vectors, `[rows, contextSize]`, for a conditional model. */
  readonly contexts?: NdArray | undefined;
}

/** Some of the samples, in the units of the table. */
export interface SampleBlock {
  readonly samples: NdArray;
  /** The row of the context of each sample. Undefined for a model without context. */
  readonly contextRows?: Int32Array;
}

/**
 * Yields samples of a model in blocks, one context after the next. The same seed yields the same samples in every
 * program, even if they are drawn in several parts by `from` and `count`.
 *
 * @throws {OptionError} `from` is not the start of a block.
 * @example
 * const layout = chooseColumns(penguins(), { columns: ["bill_length_mm", "body_mass_g"] });
 * for (const { samples } of sampleBlocks(flow, { count: 1000, seed: 0 })) {
 *   const columns = sampleColumns(layout, samples);
 * }
 */
export function* sampleBlocks(
  flow: Flow | ConditionalFlow,
  { count, seed, contexts, from: first = 0 }: SampleBlocksOptions,
): Generator<SampleBlock, void, void> {
  const key = createKey(seed);
  checkBlockStart("sampleBlocks", first, SAMPLE_BLOCK_ROWS);
  const total = count * (contexts?.shape[0] ?? 1);
  for (let from = first, block = first / SAMPLE_BLOCK_ROWS; from < total; from += SAMPLE_BLOCK_ROWS, block++) {
    const rows = Math.min(SAMPLE_BLOCK_ROWS, total - from);
    if (contexts === undefined) {
      yield { samples: sampleRows(flow, key.fold(block), rows) };
      continue;
    }
    const contextRows = Int32Array.from({ length: rows }, (_, i) => Math.floor((from + i) / count));
    yield { samples: sampleRows(flow, key.fold(block), 1, takeRows(contexts, contextRows)), contextRows };
  }
}

/** @throws {OptionError} `from` is not the start of a block. */
export function checkBlockStart(where: string, from: number, blockRows: number): void {
  if (Number.isSafeInteger(from) && from >= 0 && from % blockRows === 0) return;
  throw new OptionError(`${where}: expected from as a multiple of ${blockRows}, got ${from}.`);
}

/**
 * Converts samples `[rows, columns]` to the columns of a table. Columns learned on a grid are rounded to it, and numbers to the
 * digits of their column.
 */
export function sampleColumns(layout: RowLayout, { shape, data }: NdArray): NumberColumn[] {
  const [rows = 0] = shape;
  const width = layout.columns.length;
  return layout.columns.map((name, j) => {
    const spacing = gridSpacing(layout, name);
    const at = (i: number): number => data[i * width + j] as number;
    const format = layout.formats?.[j] ?? {};
    const values = Float64Array.from({ length: rows }, (_, i) =>
      roundToFormat(spacing === undefined ? at(i) : roundToGrid(at(i), spacing), format),
    );
    return { name, kind: "number", values };
  });
}
