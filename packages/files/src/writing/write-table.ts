import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { SaveError } from "@pushforward/core";
import { replaceFile } from "@pushforward/core/node";
import type { FormatCsvOptions, Table } from "@pushforward/datasets";
import { writeCsv } from "@pushforward/datasets/node";
import { JsonWriter } from "./json-writer.ts";
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
    else await writeAll(tables, await openWriter(temporary, format, types));
  });
}

async function openWriter(
  path: string,
  format: "parquet" | "json",
  types: ReadonlyMap<string, string>,
): Promise<TableWriter> {
  if (format === "json") return new JsonWriter(path, types);
  const { ParquetTableWriter } = await import("./parquet-table-writer.ts");
  return new ParquetTableWriter(path, types);
}

/** A writer of tables, which are written as they come. */
interface TableWriter {
  write(table: Table): Promise<void>;
  end(): Promise<void>;
}

async function writeAll(tables: AsyncIterable<Table>, writer: TableWriter): Promise<void> {
  let isDone = false;
  try {
    for await (const table of tables) await writer.write(table);
    isDone = true;
  } finally {
    // After an error of the source, the error is thrown as it is.
    const ended = writer.end();
    await (isDone ? ended : ended.catch(() => undefined));
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
