import { open } from "node:fs/promises";
import { OptionError, SaveError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { replaceFile } from "@pushforward/core/node";
import { type Table, takeTableRows } from "../table.ts";
import { type FormatCsvOptions, formatCsv } from "./format-csv.ts";

/** Ends of names that no reader would take for CSV. */
const OTHER_FORMATS = /\.(?:gz|zst|zip|xlsx?|parquet|pq|arrow|feather|ipc|jsonl?|ndjson|npy|npz|sqlite|db)$/i;

/** Rows that are turned into text at once. */
const BLOCK_ROWS = 8192;

/**
 * Writes a table, or tables as they come (all with the same columns), as one CSV file. The file appears when it is
 * complete, in the place of an older one.
 *
 * @throws {OptionError} the name says another format, or a compressed file.
 * @throws {SaveError} the file cannot be written; what stood there before is untouched.
 * @example
 * await writeCsv("penguins.csv", penguins());
 */
export async function writeCsv(
  path: string,
  source: Table | AsyncIterable<Table>,
  options: FormatCsvOptions = {},
): Promise<void> {
  checkOptions("writeCsv", options, { delimiter: true, header: true, escapeFormulas: true, missingValues: true });
  const [end] = OTHER_FORMATS.exec(path) ?? [];
  if (end !== undefined) {
    throw new OptionError(
      `writeCsv: expected the name of a CSV file (.csv, .tsv, .txt), got ${end}. writeTable of @pushforward/files writes other formats.`,
    );
  }
  await replaceFile("writeCsv", path, async (temporary) => {
    const file = await open(temporary, "w");
    try {
      let header = options.header ?? true;
      let names: string | undefined;
      for await (const table of "columns" in source ? [source] : source) {
        const found = JSON.stringify(table.columns.map(({ name }) => name));
        names ??= found;
        if (found !== names)
          throw new SaveError(`writeCsv: expected the columns ${names} in every table, got ${found}.`);
        for (const block of blocks(table)) {
          // Unlike `write`, it goes on where a part was written, and so finds a disk that is full.
          await file.appendFile(formatCsv(block, { ...options, header }));
          header = false;
        }
      }
    } finally {
      await file.close();
    }
  });
}

function* blocks(table: Table): Generator<Table> {
  if (table.rows <= BLOCK_ROWS) {
    yield table;
    return;
  }
  for (let from = 0; from < table.rows; from += BLOCK_ROWS) {
    const length = Math.min(BLOCK_ROWS, table.rows - from);
    yield takeTableRows(
      table,
      Int32Array.from({ length }, (_, i) => from + i),
    );
  }
}
