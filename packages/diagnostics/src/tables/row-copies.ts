import type { Table } from "@pushforward/datasets";
import { normalTail } from "@pushforward/p-values";
import { type AlignedColumn, alignTables } from "./align-tables.ts";

/** What {@link rowCopies} finds. */
export interface RowCopies {
  /** Synthetic rows that equal a training row in every cell. */
  readonly count: number;
  /** Those of them that equal a row that only one training row is like. */
  readonly unique: number;
  /** How many of the latter there would be among as many new rows. */
  readonly expectedUnique: number;
  /** Of the hypothesis that there are no more than among new rows; small where rows were copied. */
  readonly pValue: number;
  /** The synthetic rows that are `unique`, from 0. */
  readonly rows: Int32Array;
}

/**
 * Copies of training rows among synthetic rows. Rows that are frequent among real ones are drawn again by any good model;
 * what counts are copies of rows that occur once. As many of them as among new rows are expected: by Good (1953) a new row
 * equals one that occurs once in n rows with probability 2·F₂/n, where F₂ different rows occur twice.
 *
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in it where the other has text.
 * @example
 * rowCopies(penguins(), penguins()).count; // → 342
 */
export function rowCopies(training: Table, synthetic: Table): RowCopies {
  const columns = alignTables([training, synthetic], "rowCopies");
  const counts = new Map<string, number>();
  for (const row of rowKeys(columns, 0, training.rows)) counts.set(row, (counts.get(row) ?? 0) + 1);
  let twice = 0;
  for (const count of counts.values()) if (count === 2) twice += 1;
  let count = 0;
  const rows: number[] = [];
  for (const [row, key] of rowKeys(columns, 1, synthetic.rows).entries()) {
    const found = counts.get(key);
    if (found === undefined) continue;
    count += 1;
    if (found === 1) rows.push(row);
  }
  const ratio = synthetic.rows / training.rows;
  const expectedUnique = 2 * twice * ratio;
  // The copies and the rows that occur twice are about Poisson; 1 for rows so different that both are 0.
  const variance = expectedUnique + 4 * twice * ratio * ratio + 1;
  const pValue = normalTail((rows.length - expectedUnique) / Math.sqrt(variance));
  return { count, unique: rows.length, expectedUnique, pValue, rows: Int32Array.from(rows) };
}

function rowKeys(columns: readonly AlignedColumn[], table: number, rows: number): string[] {
  const values = columns.map((column) => column.values[table] as AlignedColumn["values"][number]);
  return Array.from({ length: rows }, (_, row) => values.map((column) => column[row]).join(","));
}
