import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { AsyncBuffer } from "hyparquet";
import type { TypedColumn } from "../typed/typed-block.ts";
import { openParquet } from "./parquet-file.ts";

/**
 * The table in a Parquet file in memory, or in a `Blob`, which is read in the parts that it takes: for a browser. Columns are
 * as `openTable` has them: numbers in float64, all else as text, dates and times in UTC, integers beyond 2⁵³ as text.
 *
 * @throws {DataError} it is not a Parquet file, or columns hold lists or records.
 * @example
 * import { readFile } from "node:fs/promises";
 * await writeTable("penguins.parquet", penguins());
 * (await readParquet(await readFile("penguins.parquet"))).rows; // → 342
 */
export async function readParquet(source: Uint8Array | Blob): Promise<Table> {
  const file = await openParquet("readParquet", bufferOf(source));
  if (!("blocks" in file)) {
    throw new DataError(`readParquet: expected columns of single values, got a list or record in "${file.column}".`, {
      column: file.column,
    });
  }
  const parts = file.columns.map((): TypedColumn[] => []);
  for await (const { columns } of file.blocks(file.columns)) {
    for (const [k, column] of columns.entries()) parts[k]?.push(column);
  }
  return createTable(file.columns.map(({ name, kind }, k) => joined(name, kind, parts[k] ?? [])));
}

function joined(name: string, kind: Column["kind"], parts: readonly TypedColumn[]): Column {
  if (kind === "number")
    return { name, kind, values: Float64Array.from(parts.flatMap(({ values }) => [...values] as number[])) };
  const texts = parts.flatMap(({ values }) => values as readonly (string | null)[]);
  const missing = new Set(texts.flatMap((text, row) => (text === null ? [row] : [])));
  return { name, kind, values: texts.map((text) => text ?? ""), ...(missing.size > 0 && { missing }) };
}

function bufferOf(source: Uint8Array | Blob): AsyncBuffer {
  if (source instanceof Blob) {
    return { byteLength: source.size, slice: (from, to) => source.slice(from, to ?? source.size).arrayBuffer() };
  }
  return {
    byteLength: source.length,
    slice: (from, to) => Uint8Array.from(source.subarray(from, to ?? source.length)).buffer,
  };
}
