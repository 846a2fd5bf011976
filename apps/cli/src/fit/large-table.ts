import { type FileTable, sampleTable, tableInMemory } from "@pushforward/files";
import { type CsvTable, createKey, type TableSource } from "pushforward";
import type { ReadOptions } from "../options/read-options.ts";
import { csvOptionsOf } from "../reading/read-table.ts";
import type { Voice } from "./tell-of-columns.ts";

/** Cells beyond which a table is not read whole: with its copies, about a gigabyte. */
const MOST_CELLS = 2 ** 24;
/** The same limit in bytes, for files that do not store their number of rows. */
const MOST_BYTES = 2 ** 29;
/** Cells of the sample of such a table, and its rows at least. */
const SAMPLE_CELLS = 2 ** 21;
const LEAST_ROWS = 20_000;

/** A table with more rows than fit into memory. */
export interface LargeTable {
  /** All rows. */
  readonly source: FileTable;
  readonly totalRows: number;
}

/** The part of a table that is read: the table, or a random sample of the rows of a large table. */
export interface ReadableTable {
  readonly source: TableSource;
  readonly large?: LargeTable | undefined;
}

/** How a large table is sampled. */
export interface SampleChoice extends ReadOptions {
  readonly seed: number;
  /** Maximum number of rows in memory. Default: rows of about a gigabyte. */
  readonly memoryRows?: number | undefined;
}

/** Returns the table, or a random sample of its rows if not all rows fit into memory. */
export async function sampleIfLarge(source: FileTable, options: SampleChoice, voice: Voice): Promise<ReadableTable> {
  const { memoryRows } = options;
  const columns = await columnsOf(source);
  if (memoryRows === undefined && !(await isLarge(source, columns))) return { source };
  const count = memoryRows ?? Math.max(LEAST_ROWS, Math.floor(SAMPLE_CELLS / columns));
  const { isTyped = false } = source;
  const { table, totalRows } = await sampleTable(source, {
    ...{ count, key: createKey(options.seed).fold("sample"), missing: "keep" },
    ...(!isTyped && { kinds: "text" }),
  });
  if (totalRows <= table.rows) return { source };
  voice.tell(
    `${totalRows} rows exceed the memory limit: a random sample of ${table.rows} rows determines columns and standardization, and training uses all rows`,
  );
  const sample = tableInMemory(source.name, table, {
    ...{ isTyped, csv: csvOptionsOf(options), missingValues: options.na },
  });
  return { source: { ...sample, types: source.types }, large: { source, totalRows } };
}

async function columnsOf(source: TableSource): Promise<number> {
  const first = await firstChunk(source);
  return Math.max(1, first?.columns.length ?? 1);
}

async function firstChunk(source: TableSource): Promise<CsvTable | undefined> {
  for await (const chunk of source.chunks({ kinds: "text", missing: "keep", chunkRows: 1 })) return chunk;
  return undefined;
}

async function isLarge(source: FileTable, columns: number): Promise<boolean> {
  if (source.countRows !== undefined) return (await source.countRows()) * columns > MOST_CELLS;
  return (source.bytes ?? 0) > MOST_BYTES;
}
