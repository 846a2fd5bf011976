import { rowNumber, tableLocation, tablePlace } from "@pushforward/columns/extend";
import { DataError, type NdArray, ndArray } from "@pushforward/core";
import { type Column, type Table, takeRows } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import { contextSize, type RowLayout } from "./row-layout.ts";

/** Input rows of a model, in the units of the table. */
export interface TableRows {
  /** `[rows, columns]`. */
  readonly x: NdArray;
  /** `[rows, contextSize]`. Undefined for a model without context. */
  readonly context?: NdArray | undefined;
}

/** Rows of a table with a context. */
export interface ConditionalTableRows extends TableRows {
  readonly context: NdArray;
}

/**
 * Converts the rows of a table to the input rows of a model with the layout.
 *
 * @param file name of the table in error messages.
 * @throws {DataError} a column is missing or contains text, or a category is not in the layout; `location` has the
 * place.
 */
export function tableRows(table: Table, layout: RowLayout, file?: string): TableRows {
  const x = eventRows(table, layout, file);
  return layout.context.length === 0 ? { x } : { x, context: contextRows(table, layout, file) };
}

/** The modeled columns of a table, `[rows, columns]`. Throws as {@link tableRows}. */
export function eventRows(table: Table, layout: RowLayout, file?: string): NdArray {
  const width = layout.columns.length;
  const data = new Float64Array(table.rows * width);
  for (const [j, name] of layout.columns.entries()) {
    const values = numberColumn(table, name, file);
    for (let i = 0; i < table.rows; i++) data[i * width + j] = values[i] as number;
  }
  return ndArray([table.rows, width], data);
}

/** The context vectors of a table, `[rows, contextSize]`. Throws as {@link tableRows}. */
export function contextRows(table: Table, layout: RowLayout, file?: string): NdArray {
  const width = contextSize(layout);
  const values = contextValues(table, layout, file);
  const data = new Float64Array(table.rows * width);
  for (let i = 0; i < table.rows; i++) writeContext(layout, (k) => values[k]?.[i] as number, data, i * width);
  return ndArray([table.rows, width], data);
}

/** The context columns of a table: a number, or the index of a category, per row. Throws as {@link tableRows}. */
export function contextValues(table: Table, layout: Pick<RowLayout, "context">, file?: string): Float64Array[] {
  return layout.context.map((wanted) => {
    if (wanted.kind === "number") return numberColumn(table, wanted.name, file);
    const { name, categories } = wanted;
    const texts = findColumn(table, name, file).values;
    const indices = new Map(categories.map((category, k) => [category, k]));
    return Float64Array.from({ length: table.rows }, (_, i) => {
      const text = String(texts[i]);
      const index = indices.get(text);
      if (index !== undefined) return index;
      const at = tableLocation(file, name, rowNumber(table, i));
      throw new DataError(`${tablePlace(at)}expected one of ${listNames(categories)}, got "${text}".`, at);
    });
  });
}

/** The rows at the given indices, in their order. */
export function pickRows(rows: ConditionalTableRows, indices: ArrayLike<number>): ConditionalTableRows;
export function pickRows(rows: TableRows, indices: ArrayLike<number>): TableRows;
export function pickRows({ x, context }: TableRows, indices: ArrayLike<number>): TableRows {
  return { x: takeRows(x, indices), ...(context && { context: takeRows(context, indices) }) };
}

/** Returns `true` if a table has all columns of a layout and no category that is unknown to the layout. */
export function hasColumnsOf(table: Table, { columns, context }: RowLayout): boolean {
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

/** The finite or missing numbers of a column. Throws as {@link tableRows}. */
export function numberColumn(table: Table, name: string, file: string | undefined): Float64Array {
  const column = findColumn(table, name, file);
  if (column.kind === "number") {
    const place = column.values.findIndex((x) => x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY);
    if (place < 0) return column.values;
    const row = tableLocation(file, name, rowNumber(table, place));
    throw new DataError(`${tablePlace(row)}expected a finite number, got ${column.values[place]}.`, row);
  }
  const at = tableLocation(file, name);
  throw new DataError(`${tablePlace(at)}expected numbers, got text.`, at);
}

/** A column by its name. Throws as {@link tableRows}. */
export function findColumn(table: Table, name: string, file: string | undefined): Column {
  const column = table.columns.find((c) => c.name === name);
  if (column !== undefined) return column;
  const names = listNames(table.columns.map((c) => c.name));
  throw new DataError(
    `${tablePlace(tableLocation(file))}expected a column "${name}" as in the training data, got the columns ${names}.`,
    tableLocation(file, name),
  );
}

/** One context as a model takes it, from a number or the index of a category per context column. */
export function contextVector(layout: RowLayout, values: readonly number[]): Float64Array {
  const vector = new Float64Array(contextSize(layout));
  writeContext(layout, (k) => values[k] ?? 0, vector, 0);
  return vector;
}

/** Writes a context vector at an offset of zeros: numbers as they are, a category as a one-hot block. */
function writeContext(layout: RowLayout, value: (column: number) => number, into: Float64Array, offset: number): void {
  let at = offset;
  for (const [k, column] of layout.context.entries()) {
    if (column.kind === "number") into[at++] = value(k);
    else {
      into[at + value(k)] = 1;
      at += column.categories.length;
    }
  }
}

/**
 * Rows of numbers `[rows, columns]` as named columns.
 *
 * @example
 * numberTable(ndArray([2, 2], Float64Array.of(1, 2, 3, 4)), ["a", "b"]).rows; // → 2
 */
export function numberTable({ shape, data }: NdArray, names: readonly string[]): Table {
  const [rows = 0, width = names.length] = shape;
  return {
    rows,
    columns: names.map((name, j) => ({ name, kind: "number", values: columnOf(data, j, width, rows) })),
  };
}

function columnOf(data: ArrayLike<number>, j: number, width: number, rows: number): Float64Array {
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = data[row * width + j] as number;
  return values;
}
