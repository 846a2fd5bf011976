import { createKey, DataError, type NdArray, ndArray, type Table, type TableSchema } from "pushforward";
import type { Part } from "./fit-table.ts";
import { rowNumber } from "./read-table.ts";
import { contextRows, eventRows } from "./table-schema.ts";

/** The rows of a table by their purpose. */
export interface SplitRows {
  readonly train: Part;
  readonly validation: Part;
  /** Absent when the table has no test rows. */
  readonly test?: Part | undefined;
}

/** How rows are split: by a column that says train, val or test where there is one; what lacks is held out at random. */
export interface SplitChoice {
  readonly column?: string | undefined;
  /** The fraction of the training rows that is held out when no column says which. */
  readonly validation: number;
  readonly seed: number;
}

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
  let parts = rowsByWord(table, choice.column, file);
  if (parts.validation.length === 0) parts = { ...parts, ...holdOut(parts.train, choice) };
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

/** All rows are for training when no column says otherwise. */
function rowsByWord(table: Table, name: string | undefined, file: string): RowNumbers {
  const parts: RowNumbers = { train: [], validation: [], test: [] };
  const column = table.columns.find((c) => c.name === name);
  if (name !== undefined && column === undefined) {
    throw new DataError(`${file}: expected a split column "${name}", got none.`, { file, column: name });
  }
  for (let i = 0; i < table.rows; i++) {
    const word = column === undefined ? "train" : String(column.values[i]);
    if (word === "train") parts.train.push(i);
    else if (word === "val" || word === "validation") parts.validation.push(i);
    else if (word === "test") parts.test.push(i);
    else {
      const row = rowNumber(table, i);
      throw new DataError(`${file}, row ${row}, column "${name}": expected train, val or test, got "${word}".`, {
        file,
        row,
        column: name as string,
      });
    }
  }
  return parts;
}

function holdOut(rows: readonly number[], choice: SplitChoice): Pick<RowNumbers, "train" | "validation"> {
  const order = Array.from(createKey(choice.seed).fold("split").permutation(rows.length), (i) => rows[i] as number);
  const held = Math.min(
    Math.floor(rows.length / 2),
    Math.max(MIN_VALIDATION, Math.round(choice.validation * rows.length)),
  );
  return { validation: order.slice(0, held), train: order.slice(held) };
}

/** Some rows of a matrix, in the given order. */
export function takeRows(from: NdArray, rows: readonly number[]): NdArray {
  const width = from.shape[1] as number;
  const data = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(from.data.subarray(row * width, (row + 1) * width), i * width);
  return ndArray([rows.length, width], data);
}
