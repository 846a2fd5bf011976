import { createKey, DataError, type NdArray, ndArray, type Table } from "pushforward";
import type { Part } from "./fit-table.ts";
import { contextRows, eventRows, type TableSchema } from "./table-schema.ts";

/** The rows of a table by their purpose. */
export interface SplitRows {
  readonly train: Part;
  readonly validation: Part;
  /** Absent when the table has no test rows. */
  readonly test?: Part | undefined;
}

/** How rows are split: by a column that says train, val or test, or at random. */
export type SplitChoice = { readonly column: string } | { readonly validation: number; readonly seed: number };

/** Fewest rows that are held out at random. */
const MIN_VALIDATION = 10;

/**
 * Splits the rows of a table.
 *
 * @throws {DataError} the column has another word than train, val (validation) or test; no rows are left to train on.
 */
export function splitRows(table: Table, schema: TableSchema, choice: SplitChoice, file: string): SplitRows {
  const x = eventRows(table, schema, file);
  const context = schema.context.length === 0 ? undefined : contextRows(table, schema, file);
  const take = (rows: readonly number[]): Part => ({
    x: takeRows(x, rows),
    context: context === undefined ? undefined : takeRows(context, rows),
  });
  const parts = "column" in choice ? byColumn(table, choice.column, file) : atRandom(table.rows, choice);
  if (parts.train.length < 2 || parts.validation.length < 1) {
    throw new DataError(
      `${file}: expected at least 2 training rows and 1 validation row, got ${parts.train.length} and ${parts.validation.length}.`,
      { file },
    );
  }
  return {
    train: take(parts.train),
    validation: take(parts.validation),
    test: parts.test.length === 0 ? undefined : take(parts.test),
  };
}

interface RowNumbers {
  readonly train: number[];
  readonly validation: number[];
  readonly test: number[];
}

function byColumn(table: Table, name: string, file: string): RowNumbers {
  const column = table.columns.find((c) => c.name === name);
  if (column === undefined)
    throw new DataError(`${file}: expected a split column "${name}", got none.`, { file, column: name });
  const parts: RowNumbers = { train: [], validation: [], test: [] };
  for (let i = 0; i < table.rows; i++) {
    const word = String(column.values[i]);
    if (word === "train") parts.train.push(i);
    else if (word === "val" || word === "validation") parts.validation.push(i);
    else if (word === "test") parts.test.push(i);
    else {
      throw new DataError(`${file}, row ${i + 1}, column "${name}": expected train, val or test, got "${word}".`, {
        file,
        row: i + 1,
        column: name,
      });
    }
  }
  return parts;
}

function atRandom(rows: number, choice: { readonly validation: number; readonly seed: number }): RowNumbers {
  const order = [...createKey(choice.seed).fold("split").permutation(rows)];
  const held = Math.min(
    Math.max(1, Math.floor(rows / 2)),
    Math.max(MIN_VALIDATION, Math.round(choice.validation * rows)),
  );
  return { validation: order.slice(0, held), train: order.slice(held), test: [] };
}

function takeRows(from: NdArray, rows: readonly number[]): NdArray {
  const width = from.shape[1] as number;
  const data = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(from.data.subarray(row * width, (row + 1) * width), i * width);
  return ndArray([rows.length, width], data);
}
