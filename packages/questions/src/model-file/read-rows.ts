import { readVariables } from "@pushforward/columns";
import { type NdArray, ndArray } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { joinTables } from "@pushforward/datasets/extend";
import { type TableRows, tableRows } from "@pushforward/tables/extend";
import { isTableDensity, type LoadedModel } from "./loaded-model.ts";

/** Rows as a model takes them. */
export interface ReadRows {
  /** The modeled columns as the model reads them. */
  readonly typed: Table;
  /** Of a flow: the same as numbers, with the context. */
  readonly numbers?: TableRows;
}

/**
 * Reads the rows of a table as a model takes them.
 *
 * @param file name of the table, for messages.
 * @throws {DataError} a column is missing, or a value does not fit its column; the message names its row.
 * @example
 * const read = (model: LoadedModel, table: Table) => readRows(model, table, "body").typed;
 */
export function readRows(model: LoadedModel, table: Table, file: string): ReadRows {
  if (isTableDensity(model)) return { typed: readVariables(table, model.learned, { file }).table };
  const numbers = tableRows(table, model.schema, file);
  return { typed: numberTable(numbers.x, model.schema.columns), numbers };
}

/**
 * Rows of one model below each other, so that they are evaluated at once; undefined for none.
 *
 * @example
 * const once = (all: readonly ReadRows[]) => joinRows(all)?.typed.rows;
 */
export function joinRows(all: readonly ReadRows[]): ReadRows | undefined {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return first;
  const typed = joinTables(all.map((one) => one.typed)) as Table;
  const numbers = all.flatMap((one) => one.numbers ?? []);
  const contexts = numbers.flatMap(({ context }) => context ?? []);
  if (numbers.length === 0) return { typed };
  return {
    typed,
    numbers: { x: stack(numbers.map(({ x }) => x)), ...(contexts.length > 0 && { context: stack(contexts) }) },
  };
}

function stack(parts: readonly NdArray[]): NdArray {
  const width = parts[0]?.shape[1] ?? 0;
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const data = new Float64Array(rows * width);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return ndArray([rows, width], data);
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
