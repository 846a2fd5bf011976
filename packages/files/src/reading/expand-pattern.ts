import { stat } from "node:fs/promises";
import { DataError } from "@pushforward/core";
import { openDuckdb } from "../duckdb/open-duckdb.ts";
import { sqlText } from "../duckdb/sql-text.ts";

/** The most files that a pattern may stand for. */
const MOST_FILES = 100_000;

/**
 * The files that a path stands for, sorted: the one of this name, or those that a pattern with `*`, `?`, `[…]` or `**` means.
 *
 * @throws {DataError} there are none, or far too many.
 */
export async function expandPattern(path: string): Promise<readonly string[]> {
  if (!/[*?[]/.test(path) || (await stat(path).catch(() => undefined)) !== undefined) return [path];
  const { connection, close } = await openDuckdb();
  try {
    const found = await connection.runAndReadAll(`SELECT file FROM glob(${sqlText(path)}) ORDER BY file`);
    const files = found.getRows().map(([file]) => String(file));
    if (files.length === 0) throw new DataError(`${path}: expected at least one file, got none.`, { file: path });
    if (files.length > MOST_FILES) {
      throw new DataError(`${path}: expected at most ${MOST_FILES} files, got ${files.length}.`, { file: path });
    }
    return files;
  } finally {
    close();
  }
}
