import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { SaveError } from "@pushforward/core";
import { replaceFile } from "@pushforward/core/node";
import type { FormatCsvOptions, Table } from "@pushforward/datasets";
import { writeCsv } from "@pushforward/datasets/node";
import { DuckdbWriter } from "./duckdb-writer.ts";
import { writtenFormat } from "./written-format.ts";

/** Options of {@link writeTable}. */
export interface WriteTableOptions extends Pick<FormatCsvOptions, "escapeFormulas"> {
  /** Types of columns in SQL, for instance of the file that they were read from: Parquet and JSON keep them. */
  readonly types?: ReadonlyMap<string, string> | undefined;
}

/**
 * Writes a table, or tables as they come (all with the same columns), as one file, whose name says how: `.parquet`, `.arrow`
 * or `.feather`, `.jsonl`, and CSV for all others. The file appears when it is complete. Memory does not grow with the rows.
 *
 * @throws {SaveError} the file cannot be written; what stood there before is untouched.
 * @example
 * await writeTable("penguins.parquet", penguins());
 */
export async function writeTable(
  path: string,
  source: Table | AsyncIterable<Table>,
  options: WriteTableOptions = {},
): Promise<void> {
  const { escapeFormulas, types = new Map() } = options;
  const format = writtenFormat(path);
  if (format === "csv") {
    await writeCsv(path, source, {
      delimiter: /\.tsv$/i.test(path) ? "\t" : ",",
      ...(escapeFormulas !== undefined && { escapeFormulas }),
    });
    return;
  }
  const tables = sameColumns("columns" in source ? [source] : source);
  await replaceFile("writeTable", path, async (temporary) => {
    if (format === "arrow") await writeArrowFile(temporary, tables);
    else await writeByDuckdb(path, temporary, tables, { format, types });
  });
}

async function writeByDuckdb(
  path: string,
  temporary: string,
  tables: AsyncIterable<Table>,
  options: ConstructorParameters<typeof DuckdbWriter>[1],
): Promise<void> {
  const writer = new DuckdbWriter(temporary, options);
  try {
    for await (const table of tables) await writing(path, writer.write(table));
    await writing(path, writer.end());
  } finally {
    await writer.close();
  }
}

/** What the engine throws says nothing of what was done. */
async function writing(path: string, done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (cause) {
    throw new SaveError(`writeTable: expected to write "${path}", got ${(cause as Error).message}.`, { cause });
  }
}

async function writeArrowFile(path: string, tables: AsyncIterable<Table>): Promise<void> {
  const [{ RecordBatchFileWriter }, { arrowBatch }] = await Promise.all([
    import("apache-arrow"),
    import("../arrow/arrow-batch.ts"),
  ]);
  const batches = async function* () {
    for await (const table of tables) yield arrowBatch(table);
  };
  await pipeline(await RecordBatchFileWriter.writeAll(batches()), createWriteStream(path));
}

async function* sameColumns(tables: Iterable<Table> | AsyncIterable<Table>): AsyncGenerator<Table> {
  let names: string | undefined;
  for await (const table of tables) {
    const found = JSON.stringify(table.columns.map(({ name }) => name));
    names ??= found;
    if (found !== names) throw new SaveError(`writeTable: expected the columns ${names} in every table, got ${found}.`);
    yield table;
  }
  if (names === undefined) throw new SaveError("writeTable: expected at least one table, got none.");
}
