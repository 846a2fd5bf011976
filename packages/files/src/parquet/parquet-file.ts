import { DataError } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { TypedBlock, TypedColumn } from "../typed/typed-block.ts";
import type { FileColumn, TypedFile, WantedColumn } from "../typed/typed-file.ts";
import { unreadableCell } from "../typed/typed-rows.ts";
import { type ParquetCells, parquetCells } from "./parquet-cells.ts";

/** Rows of a file, from 0. */
export interface ParquetRange {
  readonly from: number;
  readonly count: number;
}

/** A table in a Parquet file. */
export interface ParquetFile extends TypedFile {
  /** The types of the columns in SQL, by their names. */
  readonly types: ReadonlyMap<string, string>;
  readonly rows: number;
}

/** Why a file is not read: only the engine of `@duckdb/node-api` reads the type of a column. */
export interface UnreadColumn {
  readonly column: string;
}

/**
 * Opens a Parquet file in pure JavaScript. It reads one row group at a time, so that memory does not grow with the
 * file.
 *
 * @param name of the file, for messages.
 * @param rows to read. Default: all.
 * @returns a column instead, if it contains lists, records or a different unsupported type.
 * @throws {DataError} it is not a Parquet file.
 */
export async function openParquet(
  name: string,
  file: AsyncBuffer,
  rows?: ParquetRange,
): Promise<ParquetFile | UnreadColumn> {
  const metadata = await reading(name, () => parquetMetadataAsync(file));
  const total = Number(metadata.num_rows);
  const from = Math.min(rows?.from ?? 0, total);
  const range = { from, count: Math.min(rows?.count ?? total, total - from) };
  const cells = new Map<string, ParquetCells>();
  for (const { element, children } of parquetSchema(metadata).children) {
    const own = children.length > 0 ? undefined : parquetCells(element);
    if (own === undefined) return { column: element.name };
    cells.set(element.name, own);
  }
  const source: Source = { name, file, metadata: withStored(metadata, cells), cells, range };
  const exact = await wideColumns(source);
  return {
    name,
    rows: range.count,
    types: new Map(Array.from(cells, ([column, { sqlType }]) => [column, sqlType])),
    columns: Array.from(cells, ([column, { kind }]): FileColumn => {
      return { name: column, kind: exact.has(column) ? "text" : kind };
    }),
    blocks: (wanted) => readBlocks(source, wanted),
  };
}

interface Source {
  readonly name: string;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly cells: ReadonlyMap<string, ParquetCells>;
  readonly range: ParquetRange;
}

/** The metadata with elements that decode cells as they are stored. */
function withStored(metadata: FileMetaData, cells: ReadonlyMap<string, ParquetCells>): FileMetaData {
  const [root, ...elements] = metadata.schema;
  return { ...metadata, schema: [root, ...elements.map((element) => cells.get(element.name)?.stored)] as never };
}

/** Columns of integers that lose digits in float64; they are read as text. */
async function wideColumns(source: Source): Promise<ReadonlySet<string>> {
  const { metadata, cells } = source;
  const found = new Set<string>();
  for (const [column, { isWide }] of cells) {
    if (!isWide) continue;
    const bounds = metadata.row_groups.map((group) => {
      const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === column);
      const { min_value, max_value, null_count } = chunk?.meta_data?.statistics ?? {};
      const isEmpty = null_count !== undefined && null_count === group.num_rows;
      return isEmpty ? [] : [min_value, max_value];
    });
    const isKnown = bounds.flat().every((bound) => bound !== undefined);
    if (isKnown ? bounds.flat().some(isBeyondSafe) : await hasBeyondSafe(source, column)) found.add(column);
  }
  return found;
}

function isBeyondSafe(value: unknown): boolean {
  return value !== null && value !== undefined && !Number.isSafeInteger(Number(value));
}

async function hasBeyondSafe(source: Source, column: string): Promise<boolean> {
  for (const { from, to } of groupsOf(source)) {
    let isFound = false;
    await readCells(source, [column], from, to, (_, cells) => {
      isFound ||= Array.from(cells as ArrayLike<unknown>).some(isBeyondSafe);
    });
    if (isFound) return true;
  }
  return false;
}

/** The parts of the row groups that are in the range. */
function* groupsOf({ metadata, range: { from, count } }: Source): Generator<{ from: number; to: number }> {
  let start = 0;
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows);
    const part = { from: Math.max(start, from), to: Math.min(end, from + count) };
    if (part.from < part.to) yield part;
    start = end;
  }
}

async function* readBlocks(source: Source, wanted: readonly WantedColumn[]): AsyncGenerator<TypedBlock> {
  for (const { from, to } of groupsOf(source)) {
    const rows = to - from;
    const columns = wanted.map(({ name, kind }): TypedColumn => {
      return kind === "number"
        ? { name, kind, values: new Float64Array(rows).fill(Number.NaN) }
        : { name, kind, values: new Array<string | null>(rows).fill(null) };
    });
    const byName = new Map(columns.map((column) => [column.name, column]));
    await readCells(source, [...byName.keys()], from, to, (name, cells, at) => {
      const column = byName.get(name);
      const { toNumber, toText } = source.cells.get(name) as ParquetCells;
      if (column === undefined) return;
      const values = column.values as (number | string | null)[];
      const read: (cell: unknown) => number | string = column.kind === "number" ? toNumber : toText;
      let i = 0;
      try {
        for (; i < cells.length; i++) {
          const [row, cell] = [at + i - from, cells[i]];
          if (cell != null && row >= 0 && row < rows) values[row] = read(cell);
        }
      } catch (cause) {
        throw unreadableCell({ file: source.name, column: name, rowsBefore: at }, i, cause);
      }
    });
    yield { rows, columns };
  }
}

/** Passes the stored cells of columns to `take`, in pieces, with the first row of each piece in the file. */
async function readCells(
  { name, file, metadata }: Source,
  columns: readonly string[],
  rowStart: number,
  rowEnd: number,
  take: (column: string, cells: ArrayLike<unknown>, at: number) => void,
): Promise<void> {
  if (columns.length === 0) return;
  // An error of a piece would be lost where the reader calls it.
  let failure: unknown;
  await reading(name, () =>
    parquetRead({
      ...{ file, metadata, compressors, columns: [...columns], rowStart, rowEnd, utf8: false },
      onChunk: ({ columnName, columnData, rowStart: at }) => {
        try {
          take(columnName, columnData, at);
        } catch (error) {
          failure ??= error;
        }
      },
    }),
  );
  if (failure !== undefined) throw failure;
}

async function reading<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${name}: expected a Parquet file, got ${reason}.`, { file: name }, { cause });
  }
}

/**
 * Reads the table in a Parquet file in memory, or in a `Blob`, for a browser. Only the required parts of a `Blob` are
 * read. Columns are as in `openTable`: numbers in float64, all else as text, dates and times in UTC, integers beyond
 * 2⁵³ as text.
 *
 * @throws {DataError} it is not a Parquet file, or columns contain lists or records.
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
