import { open } from "node:fs/promises";
import { DataError } from "@pushforward/core";
import type { TypedBlock, TypedColumn } from "../typed/typed-block.ts";
import type { FileColumn, TypedFile, WantedColumn } from "../typed/typed-file.ts";

type Arrow = typeof import("apache-arrow");
type Columns = typeof import("./arrow-column.ts");
type Batch = import("apache-arrow").RecordBatch;

/**
 * A file of Arrow (Feather version 2) or a stream of it, also with LZ4 or Zstandard, read batch by batch.
 *
 * @throws {DataError} the file is none.
 */
export async function openArrowFile(path: string): Promise<TypedFile> {
  const [arrow, columns] = await Promise.all([import("apache-arrow"), import("./arrow-column.ts")]);
  (await import("./arrow-codecs.ts")).registerArrowCodecs();
  const fields = await describe(path, arrow, columns);
  return { name: path, columns: fields, blocks: (wanted) => readBlocks(path, arrow, columns, wanted) };
}

async function describe(path: string, arrow: Arrow, { arrowKind, isWideInteger }: Columns): Promise<FileColumn[]> {
  const fields = new Map<string, FileColumn>();
  for await (const batch of batches(path, arrow)) {
    for (const [j, { name, type }] of batch.schema.fields.entries()) {
      const before = fields.get(name);
      // Integers of which float64 would lose digits are read as text.
      const isText = isWideInteger(type) && holdsLarge(batch.getChildAt(j));
      if (before === undefined || isText) fields.set(name, { name, kind: isText ? "text" : arrowKind(type) });
    }
  }
  if (fields.size === 0) {
    throw new DataError(`${path}: expected an Arrow file with rows, got none.`, { file: path });
  }
  return [...fields.values()];
}

function holdsLarge(vector: ReturnType<Batch["getChildAt"]>): boolean {
  for (const value of vector ?? []) if (value !== null && !Number.isSafeInteger(Number(value))) return true;
  return false;
}

async function* readBlocks(
  path: string,
  arrow: Arrow,
  { arrowNumbers, arrowTexts }: Columns,
  wanted: readonly WantedColumn[],
): AsyncGenerator<TypedBlock> {
  for await (const batch of batches(path, arrow)) {
    const columns = wanted.map(({ name, kind }): TypedColumn => {
      const vector = batch.getChild(name);
      if (vector === null) throw new DataError(`${path}: expected a column "${name}" in every batch.`, { file: path });
      const isNumber = kind === "number" && arrow.DataType.isUtf8(vector.type) === false;
      return isNumber
        ? { name, kind: "number", values: arrowNumbers(vector) }
        : { name, kind: "text", values: arrowTexts(vector) };
    });
    yield { rows: batch.numRows, columns };
  }
}

async function* batches(path: string, arrow: Arrow): AsyncGenerator<Batch> {
  const file = await open(path);
  try {
    yield* await arrow.RecordBatchReader.from(file);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path}: expected an Arrow file, got ${reason}.`, { file: path }, { cause });
  } finally {
    await file.close().catch(() => undefined);
  }
}
