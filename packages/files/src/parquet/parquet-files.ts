import { DataError } from "@pushforward/core";
import { listNames } from "@pushforward/datasets/extend";
import { asyncBufferFromFile, parquetMetadataAsync } from "hyparquet";
import type { TypedBlock } from "../typed/typed-block.ts";
import type { TypedFile } from "../typed/typed-file.ts";
import { openParquet, type ParquetFile, type ParquetRange } from "./parquet-file.ts";

export type { ParquetFile };

/**
 * Opens a sequence of Parquet files as one file.
 *
 * @param name of all files together, for messages.
 * @param rows to read from a single file. Default: all.
 * @returns undefined if a column contains lists, records or a different type that only the engine of `@duckdb/node-api`
 * reads.
 * @throws {DataError} a file is not a Parquet file, or its columns differ from the columns of the first file.
 */
export async function openParquetFiles(
  name: string,
  paths: readonly string[],
  rows?: ParquetRange,
): Promise<ParquetFile | undefined> {
  const files: ParquetFile[] = [];
  for (const path of paths) {
    const file = await openParquet(path, await bufferOf(path), rows);
    if (!("blocks" in file)) return undefined;
    files.push(file);
  }
  const [first] = files as [ParquetFile];
  if (files.length === 1) return first;
  const names = listNames(first.columns.map((column) => column.name));
  for (const { name: file, columns } of files) {
    const found = listNames(columns.map((column) => column.name));
    if (found !== names) {
      throw new DataError(`${file}: expected the columns ${names} of the files before it, got ${found}.`, { file });
    }
  }
  return {
    ...{ name, types: first.types, rows: files.reduce((sum, file) => sum + file.rows, 0) },
    columns: first.columns.map((column, k) => {
      const isText = files.some(({ columns }) => columns[k]?.kind === "text");
      return { ...column, kind: isText ? "text" : "number" };
    }),
    blocks: (wanted) => allBlocks(files, wanted),
  };
}

/**
 * Returns the number of rows of a Parquet file from its footer, without reading rows.
 *
 * @throws {DataError} it cannot be read.
 * @example
 * await writeTable("penguins.parquet", penguins());
 * await countParquetRows("penguins.parquet"); // → 342
 */
export async function countParquetRows(path: string): Promise<number> {
  try {
    return Number((await parquetMetadataAsync(await bufferOf(path))).num_rows);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError(`${path}: expected a Parquet file, got ${reasonOf(cause)}.`, { file: path }, { cause });
  }
}

async function bufferOf(path: string): ReturnType<typeof asyncBufferFromFile> {
  try {
    return await asyncBufferFromFile(path);
  } catch (cause) {
    throw new DataError(`${path}: expected a readable file, got ${reasonOf(cause)}.`, { file: path }, { cause });
  }
}

async function* allBlocks(
  files: readonly TypedFile[],
  wanted: Parameters<TypedFile["blocks"]>[0],
): AsyncGenerator<TypedBlock> {
  for (const file of files) yield* file.blocks(wanted);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
