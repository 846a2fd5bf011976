import { stat } from "node:fs/promises";
import { DataError } from "@pushforward/core";
import { type CsvOptions, type CsvTable, csvChunks } from "@pushforward/datasets";
import type { TableSource } from "@pushforward/tables";
import { type DuckdbFile, openDuckdbFile, sqlTypes } from "../duckdb/duckdb-file.ts";
import { sqlText } from "../duckdb/sql-text.ts";
import { typedSource } from "../typed/typed-source.ts";
import { expandPattern } from "./expand-pattern.ts";
import { fileBytes } from "./file-bytes.ts";
import type { FileTable } from "./file-table.ts";
import { type FoundFormat, findFormat } from "./find-format.ts";
import { joinSources } from "./join-sources.ts";
import type { RowRange } from "./row-range.ts";

/** Options of {@link openTable}. */
export interface OpenTableOptions {
  /** How CSV text is read. */
  readonly csv?: CsvOptions | undefined;
  /** Texts that mark a missing value, beside those that the format has. */
  readonly missingValues?: readonly string[] | undefined;
  /** A query to the SQLite database, or to `data`, the rows of a Parquet or JSON file. */
  readonly query?: string | undefined;
  /** Folder to which relative paths in the query refer. Default: the folder of the process. */
  readonly folder?: string | undefined;
  /** Some of the rows of a Parquet file, as a shard of a large one. Default: all. */
  readonly rows?: RowRange | undefined;
  /** Told of the encoding of CSV text that is no UTF-8. */
  readonly onEncoding?: ((table: CsvTable, file: string) => void) | undefined;
}

/**
 * Opens a table in a file of any format: CSV and the like, also with gzip or Zstandard, Parquet, Arrow (Feather 2), JSON
 * lines, `.npy`, `.npz`, SQLite. A pattern with `*` means all files that it matches, sorted, one after the other.
 *
 * Parquet, JSON and queries are read by DuckDB, in blocks: memory doesn't grow with the file. So it is for CSV, Arrow and
 * SQLite; arrays of NumPy are read whole.
 *
 * @throws {DataError} a file cannot be read, or is not what its first bytes or its name say.
 * @example
 * await writeTable("penguins.parquet", penguins());
 * const source = await openTable("penguins.parquet");
 * for await (const { rows } of source.chunks({ missing: "keep" })) console.log(rows);
 */
export async function openTable(path: string, options: OpenTableOptions = {}): Promise<FileTable> {
  const files = await expandPattern(path);
  const formats = await Promise.all(files.map(findFormat));
  const [first] = formats as [FoundFormat];
  const other = formats.findIndex(({ format }) => format !== first.format);
  if (other > 0) {
    throw new DataError(
      `${path}: expected files of one format, got ${first.format} in ${files[0]} and ${formats[other]?.format} in ${files[other]}.`,
      { file: path },
    );
  }
  const { format } = first;
  if (options.query !== undefined && !["parquet", "json", "sqlite"].includes(format)) {
    throw new DataError(
      `${path}: expected a Parquet, JSON or SQLite file for a query, got ${format}. Name the file in the query instead: SELECT … FROM ${sqlText(path)}.`,
      { file: path },
    );
  }
  if (options.rows !== undefined) return await openRange(path, files, format, options.rows, options);
  if (format === "parquet" || format === "json") {
    const list = `read_${format}([${files.map(sqlText).join(", ")}])`;
    const { query } = options;
    const relation = query === undefined ? list : `(WITH data AS (FROM ${list}) ${unended(query)})`;
    const saysRows = format === "parquet" && query === undefined;
    return { ...fromDuckdb(await openDuckdbFile(path, relation, options.folder), options), saysRows };
  }
  const sources = await Promise.all(files.map((file, k) => openOne(file, formats[k] as FoundFormat, options)));
  const sizes = await Promise.all(files.map((file) => stat(file)));
  const source = sources.length === 1 ? (sources[0] as TableSource) : joinSources(path, sources);
  return { ...source, isTyped: format !== "csv", bytes: sizes.reduce((sum, { size }) => sum + size, 0) };
}

/** Rows of one Parquet file, which keep their numbers in it. */
async function openRange(
  path: string,
  files: readonly string[],
  format: FoundFormat["format"],
  { from, count }: RowRange,
  options: OpenTableOptions,
): Promise<FileTable> {
  if (format !== "parquet" || files.length > 1 || options.query !== undefined) {
    const got = options.query !== undefined ? "a query" : files.length > 1 ? `${files.length} files` : format;
    throw new DataError(`${path}: expected one Parquet file for a range of rows, got ${got}.`, { file: path });
  }
  const list = `read_parquet([${sqlText(path)}])`;
  const types = await sqlTypes(path, list);
  // The engine skips the row groups before these numbers, and not those before an OFFSET.
  const isTaken = [...types.keys()].some((name) => name.toLowerCase() === "file_row_number");
  const range = isTaken
    ? `LIMIT ${count} OFFSET ${from}`
    : `WHERE file_row_number BETWEEN ${from} AND ${from + count - 1}`;
  return fromDuckdb(await openDuckdbFile(path, `(FROM ${list} ${range})`), options);
}

/**
 * The rows of a query, which names the files that it reads: `SELECT … FROM 'x.parquet'`. Its SQL is that of DuckDB.
 *
 * @throws {DataError} the query fails; the message is the engine's.
 * @example
 * const source = await openQuery("SELECT x, x * x AS y FROM range(3) AS t(x)");
 * for await (const { rows } of source.chunks({})) console.log(rows);
 */
export async function openQuery(query: string, options: OpenTableOptions = {}): Promise<FileTable> {
  return fromDuckdb(await openDuckdbFile("query", `(${unended(query)})`, options.folder), options);
}

/** A query without the semicolon at its end. */
function unended(query: string): string {
  return query.trim().replace(/;+$/, "");
}

function fromDuckdb(file: DuckdbFile, { missingValues, rows }: OpenTableOptions): FileTable {
  const { types, countRows } = file;
  return { ...typedSource(file, { missingValues, rowsBefore: rows?.from }), types, countRows, isTyped: true };
}

async function openOne(
  path: string,
  { format, compression }: FoundFormat,
  options: OpenTableOptions,
): Promise<TableSource> {
  const { missingValues } = options;
  switch (format) {
    case "arrow":
      return typedSource(await (await import("../arrow/arrow-file.ts")).openArrowFile(path), { missingValues });
    case "sqlite": {
      const { openSqliteFile } = await import("../sqlite/sqlite-file.ts");
      return typedSource(await openSqliteFile(path, options.query), { missingValues });
    }
    case "npy":
    case "npz": {
      const { openNumpyFile } = await import("../numpy/numpy-file.ts");
      return typedSource(await openNumpyFile(path, format === "npz"), { missingValues });
    }
    default:
      return csvSource(path, compression, options);
  }
}

function csvSource(path: string, compression: FoundFormat["compression"], options: OpenTableOptions): TableSource {
  const { csv, onEncoding } = options;
  return {
    name: path,
    chunks: async function* (reading): AsyncGenerator<CsvTable> {
      for await (const table of csvChunks(fileBytes(path, compression), { file: path, ...csv, ...reading })) {
        onEncoding?.(table, path);
        yield table;
      }
    },
  };
}
