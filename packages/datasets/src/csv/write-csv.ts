import { type FileHandle, open, realpath, rename, rm } from "node:fs/promises";
import { PushforwardError, SaveError } from "@pushforward/core";
import { type Table, takeTableRows } from "../table.ts";
import { type FormatCsvOptions, formatCsv } from "./format-csv.ts";

/** Rows that are turned into text at once. */
const BLOCK_ROWS = 8192;

/**
 * Writes a table, or tables as they come (all with the same columns), as one CSV file. The file appears when it is
 * complete: it is written under another name, synced and renamed.
 *
 * @throws {SaveError} the file cannot be written; what stood there before is untouched.
 * @example
 * await writeCsv("penguins.csv", penguins());
 */
export async function writeCsv(
  path: string,
  source: Table | AsyncIterable<Table>,
  options: FormatCsvOptions = {},
): Promise<void> {
  // A symbolic link stays one: its target is replaced.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${process.pid}.tmp`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, "w");
    let header = options.header ?? true;
    let names: string | undefined;
    for await (const table of "columns" in source ? [source] : source) {
      const found = JSON.stringify(table.columns.map(({ name }) => name));
      names ??= found;
      if (found !== names) throw new SaveError(`writeCsv: expected the columns ${names} in every table, got ${found}.`);
      for (const block of blocks(table)) {
        await file.write(formatCsv(block, { ...options, header }));
        header = false;
      }
    }
    await file.sync();
    await file.close();
    file = undefined;
    await rename(temporary, target);
  } catch (cause) {
    await file?.close();
    await rm(temporary, { force: true });
    // What the source throws is not a matter of writing.
    if (cause instanceof PushforwardError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SaveError(`writeCsv ${path}: expected a writable file, got ${reason}.`, { cause });
  }
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
