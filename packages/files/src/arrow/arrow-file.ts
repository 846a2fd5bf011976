import { open } from "node:fs/promises";
import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import {
  type CompressionType,
  compressionRegistry,
  DataType,
  type RecordBatch,
  RecordBatchReader,
  tableFromIPC,
} from "apache-arrow";
import { decompress as zstd } from "fzstd";
import { decompress as lz4 } from "lz4js";
import type { TypedBlock, TypedColumn } from "../typed/typed-block.ts";
import type { FileColumn, TypedFile, WantedColumn } from "../typed/typed-file.ts";
import { arrowKind, arrowNumbers, arrowSqlType, arrowTexts, isWideInteger } from "./arrow-batch.ts";

const LZ4_FRAME: CompressionType = 0;
const ZSTD: CompressionType = 1;

/** Lets Arrow read buffers that are compressed, as pandas and Arrow write Feather files. */
export function registerArrowCodecs(): void {
  if (compressionRegistry.get(ZSTD) !== null) return;
  compressionRegistry.set(LZ4_FRAME, { decode: (bytes) => Uint8Array.from(lz4(bytes)) });
  compressionRegistry.set(ZSTD, { decode: (bytes) => zstd(bytes) });
}

/**
 * Opens an Arrow file (Feather version 2) or stream, also with LZ4 or Zstandard, and reads it batch by batch.
 *
 * @throws {DataError} the file is not Arrow.
 */
export async function openArrowFile(path: string): Promise<TypedFile> {
  registerArrowCodecs();
  const { columns, types } = await describe(path);
  return { name: path, columns, types, blocks: (wanted) => readBlocks(path, wanted) };
}

async function describe(path: string): Promise<Required<Pick<TypedFile, "columns" | "types">>> {
  const types = new Map<string, string>();
  const fields = new Map<string, FileColumn>();
  for await (const batch of batches(path)) {
    for (const [j, { name, type }] of batch.schema.fields.entries()) {
      const before = fields.get(name);
      const sqlType = arrowSqlType(type);
      if (sqlType !== undefined) types.set(name, sqlType);
      // Integers of which float64 would lose digits are read as text.
      const isText = isWideInteger(type) && holdsLarge(batch.getChildAt(j));
      if (before === undefined || isText) fields.set(name, { name, kind: isText ? "text" : arrowKind(type) });
    }
  }
  if (fields.size === 0) {
    throw new DataError(`${path}: expected an Arrow file with rows, got none.`, { file: path });
  }
  return { columns: [...fields.values()], types };
}

function holdsLarge(vector: ReturnType<RecordBatch["getChildAt"]>): boolean {
  for (const value of vector ?? []) if (value !== null && !Number.isSafeInteger(Number(value))) return true;
  return false;
}

async function* readBlocks(path: string, wanted: readonly WantedColumn[]): AsyncGenerator<TypedBlock> {
  let rowsBefore = 0;
  for await (const batch of batches(path)) {
    const columns = wanted.map(({ name, kind }): TypedColumn => {
      const vector = batch.getChild(name);
      if (vector === null) throw new DataError(`${path}: expected a column "${name}" in every batch.`, { file: path });
      return kind === "number" && !DataType.isUtf8(vector.type)
        ? { name, kind: "number", values: arrowNumbers(vector) }
        : { name, kind: "text", values: arrowTexts(vector, { file: path, column: name, rowsBefore }) };
    });
    yield { rows: batch.numRows, columns };
    rowsBefore += batch.numRows;
  }
}

async function* batches(path: string): AsyncGenerator<RecordBatch> {
  const file = await open(path);
  try {
    yield* await RecordBatchReader.from(file);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path}: expected an Arrow file, got ${reason}.`, { file: path }, { cause });
  } finally {
    await file.close().catch(() => undefined);
  }
}

/**
 * Reads the table in the bytes of an Arrow file or stream. Numbers and decimals become float64, all else becomes text;
 * dates as `2024-01-31`, timestamps as `2024-01-31 12:00:00` in UTC.
 *
 * @throws {DataError} the bytes are not Arrow.
 * @example
 * readArrow(writeArrow(penguins())).rows; // → 342
 */
export function readArrow(bytes: Uint8Array): Table {
  registerArrowCodecs();
  try {
    const table = tableFromIPC(bytes);
    return createTable(
      table.schema.fields.map(({ name, type }, j): Column => {
        const vector = table.getChildAt(j);
        if (vector === null) throw new Error(`no values of "${name}"`);
        if (arrowKind(type as DataType) === "number") return { name, kind: "number", values: arrowNumbers(vector) };
        const texts = arrowTexts(vector, { file: "readArrow:", column: name, rowsBefore: 0 });
        const missing = new Set(texts.flatMap((text, row) => (text === null ? [row] : [])));
        return { name, kind: "text", values: texts.map((text) => text ?? ""), ...(missing.size > 0 && { missing }) };
      }),
    );
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`readArrow: expected an Arrow file or stream, got ${reason}.`, {}, { cause });
  }
}
