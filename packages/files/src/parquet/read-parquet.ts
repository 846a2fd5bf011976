import { DataError } from "@pushforward/core";
import { type Column, createTable, type Table } from "@pushforward/datasets";
import { type AsyncBuffer, parquetMetadataAsync, parquetRead, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { shortestDecimal } from "../typed/shortest-decimal.ts";
import { timeText } from "../typed/time-text.ts";

/**
 * The table in a Parquet file, in pure JavaScript: for a browser, where a `Blob` is read in the parts that it takes. In Node,
 * `openTable` is several times as fast and needs no more memory for larger files. Columns are as `openTable` has them: numbers
 * in float64, all else as text, dates and times in UTC, integers beyond 2⁵³ as text.
 *
 * @throws {DataError} it is no Parquet file, or columns hold lists or records.
 * @example
 * import { readFile } from "node:fs/promises";
 * await writeTable("penguins.parquet", penguins());
 * (await readParquet(await readFile("penguins.parquet"))).rows; // → 342
 */
export async function readParquet(source: Uint8Array | Blob): Promise<Table> {
  const file = bufferOf(source);
  try {
    const metadata = await parquetMetadataAsync(file);
    const fields = parquetSchema(metadata).children;
    const nested = fields.find(({ children }) => children.length > 0);
    if (nested !== undefined) {
      const column = nested.element.name;
      throw new DataError(`readParquet: expected columns of single values, got a list or record in "${column}".`, {
        column,
      });
    }
    const rows = Number(metadata.num_rows);
    const cells = new Map(fields.map(({ element }) => [element.name, new Array<unknown>(rows).fill(null)]));
    await parquetRead({
      ...{ file, metadata, compressors },
      onChunk: ({ columnName, columnData, rowStart }) => {
        const own = cells.get(columnName) as unknown[];
        for (let i = 0; i < columnData.length; i++) own[rowStart + i] = columnData[i];
      },
    });
    return createTable(
      fields.map(({ element }): Column => {
        const values = cells.get(element.name) as unknown[];
        return columnOf(element.name, values, { isFloat32: element.type === "FLOAT", isDate: isDate(element) });
      }),
    );
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`readParquet: expected a Parquet file, got ${reason}.`, {}, { cause });
  }
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

function isDate({
  logical_type,
  converted_type,
}: {
  logical_type?: { type: string };
  converted_type?: string;
}): boolean {
  return logical_type?.type === "DATE" || converted_type === "DATE";
}

function columnOf(
  name: string,
  values: readonly unknown[],
  { isFloat32, isDate }: { readonly isFloat32: boolean; readonly isDate: boolean },
): Column {
  const isNumber = values.every(
    (value) =>
      value == null || typeof value === "number" || (typeof value === "bigint" && Number.isSafeInteger(Number(value))),
  );
  if (isNumber) {
    const read = (value: unknown): number => {
      if (value == null) return Number.NaN;
      return isFloat32 ? shortestDecimal(value as number) : Number(value);
    };
    return { name, kind: "number", values: Float64Array.from(values, read) };
  }
  const missing = new Set(values.flatMap((value, row) => (value == null ? [row] : [])));
  return {
    ...{ name, kind: "text", values: values.map((value) => textOf(value, isDate)) },
    ...(missing.size > 0 && { missing }),
  };
}

function textOf(value: unknown, isDate: boolean): string {
  if (value == null) return "";
  if (!(value instanceof Date)) return String(value);
  const text = timeText(value);
  return isDate ? text.slice(0, 10) : text;
}
