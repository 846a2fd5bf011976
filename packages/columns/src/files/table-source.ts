import type { CsvChunkOptions, CsvTable, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";

/** What to read of a table. */
export type ReadTableOptions = Pick<
  CsvChunkOptions,
  "columns" | "others" | "kinds" | "missing" | "chunkRows" | "sampleLength"
>;

/** A CSV file, or anything else that can be read in pieces. */
export interface TableSource {
  /** For messages. */
  readonly name: string;
  /** The types of the columns in SQL, where the file declares them: what is written keeps them. */
  readonly types?: ReadonlyMap<string, string> | undefined;
  /** The table in pieces, for files larger than memory. A source that is read more than once starts again each time. */
  chunks(options: ReadTableOptions): AsyncIterable<CsvTable>;
}

/** Cells that are evaluated or drawn at once: memory does not grow with the table. */
const BLOCK_CELLS = 1 << 20;
const MOST_ROWS = 1 << 14;
const LEAST_ROWS = 64;

/** Rows of so many columns that are evaluated or drawn at once. */
export function blockRows(columns: number): number {
  return Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(BLOCK_CELLS / Math.max(1, columns))));
}

/**
 * A table in blocks of rows, of which so many columns are evaluated.
 *
 * @example
 * Array.from(rowBlocks(penguins(), 7), ({ rows }) => rows); // → [342]
 */
export function* rowBlocks(table: Table, columns: number): Generator<Table> {
  const size = blockRows(columns);
  for (let from = 0; from < table.rows; from += size) {
    const length = Math.min(size, table.rows - from);
    yield takeTableRows(
      table,
      Array.from({ length }, (_, i) => from + i),
    );
  }
}
