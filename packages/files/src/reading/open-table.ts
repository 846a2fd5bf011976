import { readdir, stat } from "node:fs/promises";
import { join, normalize, parse, sep } from "node:path";
import type { TableSource } from "@pushforward/columns";
import { DataError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { type CsvOptions, type CsvTable, csvChunks } from "@pushforward/datasets";
import { type DuckdbFile, openDuckdbFile, sqlText } from "../duckdb.ts";
import type { TypedFile } from "../typed/typed-file.ts";
import { typedSource } from "../typed/typed-source.ts";
import { type FoundFormat, fileBytes, findFormat } from "./find-format.ts";
import { type FileTable, joinSources, type RowRange } from "./table-in-memory.ts";

/** Maximum number of files of a pattern. */
const MOST_FILES = 100_000;

/**
 * Returns the files of a path, sorted: the file of this name, or the files that match a pattern with `*`, `?`, `[…]` or
 * `**`. As in a shell, names that begin with a point match only patterns that begin with a point.
 *
 * @throws {DataError} no file matches, or more than 100,000 match.
 */
export async function expandPattern(path: string): Promise<readonly string[]> {
  if (!/[*?[]/.test(path) || (await stat(path).catch(() => undefined)) !== undefined) return [path];
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep === "\\" ? /[\\/]+/ : /\/+/);
  const files: string[] = [];
  for await (const file of matches(root, parts)) {
    if (files.push(file) > MOST_FILES) {
      throw new DataError(`${path}: expected at most ${MOST_FILES} files, got more.`, { file: path });
    }
  }
  if (files.length === 0) throw new DataError(`${path}: expected at least one file, got none.`, { file: path });
  // A file may match a pattern with ** in several ways.
  return [...new Set(files)].sort();
}

/** The files below a folder that match the parts of a pattern. */
async function* matches(folder: string, [part, ...rest]: readonly string[]): AsyncGenerator<string> {
  if (part === undefined) return;
  if (!/[*?[]/.test(part)) {
    const path = join(folder, part);
    if (rest.length > 0) yield* matches(path, rest);
    else if (
      await stat(path).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      yield path;
    return;
  }
  const isAnyDepth = part === "**";
  if (isAnyDepth) yield* matches(folder, rest.length === 0 ? ["*"] : rest);
  const expression = isAnyDepth ? /^[^.]/ : expressionOf(part);
  const entries = await readdir(normalize(folder || "."), { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!expression.test(entry.name)) continue;
    const path = join(folder, entry.name);
    const isFolder = entry.isSymbolicLink() ? await isDirectory(path) : entry.isDirectory();
    // Links to folders are not followed at any depth: they may lead back.
    if (isAnyDepth && entry.isDirectory()) yield* matches(path, [part, ...rest]);
    else if (!isAnyDepth && isFolder && rest.length > 0) yield* matches(path, rest);
    else if (!isAnyDepth && !isFolder && rest.length === 0) yield path;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The names that a part of a pattern matches. */
function expressionOf(part: string): RegExp {
  const source = part.replace(
    /\[(!?)([^\]]+)\]|[*?]|[\\^$+.()|{}[\]]/g,
    (found, negation?: string, members?: string) => {
      if (members !== undefined) return `[${negation ? "^" : ""}${members.replace(/[\\^]/g, "\\$&")}]`;
      return found === "*" ? "[^/]*" : found === "?" ? "[^/]" : `\\${found}`;
    },
  );
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${source}$`);
}

/** Options of {@link openTable}. */
export interface OpenTableOptions {
  /** How CSV text is read. */
  readonly csv?: CsvOptions | undefined;
  /** Texts that mark a missing value, in addition to the markers of the format. */
  readonly missingValues?: readonly string[] | undefined;
  /** A query to the SQLite database, or to `data`, the rows of a Parquet or JSON file. */
  readonly query?: string | undefined;
  /** Folder to which relative paths in the query refer. Default: the folder of the process. */
  readonly folder?: string | undefined;
  /** Some of the rows of a Parquet file, as a shard of a large one. Default: all. */
  readonly rows?: RowRange | undefined;
  /** Called with the encoding of CSV text that is not UTF-8. */
  readonly onEncoding?: ((table: CsvTable, file: string) => void) | undefined;
}

/**
 * Opens a table in a file of any format: CSV and similar formats, also with gzip or Zstandard, Parquet, Arrow (Feather
 * 2), JSON lines, `.npy`, `.npz`, SQLite. A pattern with `*` opens all matching files, sorted and concatenated.
 *
 * Files are read in blocks, so that memory doesn't grow with the files; arrays of NumPy are read whole. Queries to
 * files other than SQLite, and Parquet with lists or records, need the package `@duckdb/node-api`.
 *
 * @throws {DataError} a file cannot be read, or its content does not match its first bytes or its name.
 * @throws {MissingPackageError} `@duckdb/node-api` is needed and not installed.
 * @example
 * await writeTable("penguins.parquet", penguins());
 * const source = await openTable("penguins.parquet");
 * for await (const { rows } of source.chunks({ missing: "keep" })) console.log(rows);
 */
export async function openTable(path: string, options: OpenTableOptions = {}): Promise<FileTable> {
  checkOptions("openTable", options, {
    csv: true,
    missingValues: true,
    query: true,
    folder: true,
    rows: true,
    onEncoding: true,
  });
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
  if (options.rows !== undefined) checkRange(path, files, format, options.query);
  if (format === "parquet" && options.query === undefined) {
    const { openParquetFiles } = await import("../parquet/parquet-files.ts");
    const file = await openParquetFiles(path, files, options.rows);
    if (file !== undefined) {
      const { rows } = file;
      return { ...typed(file, options), countRows: async () => rows, saysRows: true };
    }
  }
  if (format === "parquet" || (options.query !== undefined && format === "json")) {
    return fromDuckdb(await openDuckdbFile(path, relationOf(files, format, options), options.folder), options);
  }
  if (format === "json" && files.length === 1) {
    const { openJsonFile } = await import("../json/json-file.ts");
    const file = await openJsonFile(path, first.compression);
    return { ...typed(file, options), countRows: async () => file.rows };
  }
  const sources = await Promise.all(files.map((file, k) => openOne(file, formats[k] as FoundFormat, options)));
  const sizes = await Promise.all(files.map((file) => stat(file)));
  const source = sources.length === 1 ? (sources[0] as TableSource) : joinSources(path, sources);
  return { ...source, isTyped: format !== "csv", bytes: sizes.reduce((sum, { size }) => sum + size, 0) };
}

/** @throws {DataError} a range of rows from a source other than a single Parquet file. */
function checkRange(path: string, files: readonly string[], format: string, query: string | undefined): void {
  if (format === "parquet" && files.length === 1 && query === undefined) return;
  const got = query !== undefined ? "a query" : files.length > 1 ? `${files.length} files` : format;
  throw new DataError(`${path}: expected one Parquet file for a range of rows, got ${got}.`, { file: path });
}

/** The rows of files in the SQL of DuckDB. */
function relationOf(files: readonly string[], format: string, { query, rows }: OpenTableOptions): string {
  const list = `read_${format}([${files.map(sqlText).join(", ")}])`;
  if (query !== undefined) return `(WITH data AS (FROM ${list}) ${unended(query)})`;
  return rows === undefined ? list : `(FROM ${list} LIMIT ${rows.count} OFFSET ${rows.from})`;
}

/**
 * Opens the rows of a query. The query names the files that it reads: `SELECT … FROM 'x.parquet'`. It uses the SQL of
 * DuckDB.
 *
 * @throws {DataError} the query fails; the message is the engine's.
 * @example
 * const source = await openQuery("SELECT x, x * x AS y FROM range(3) AS t(x)");
 * for await (const { rows } of source.chunks({})) console.log(rows);
 */
export async function openQuery(query: string, options: OpenTableOptions = {}): Promise<FileTable> {
  checkOptions("openQuery", options, {
    csv: true,
    missingValues: true,
    query: true,
    folder: true,
    rows: true,
    onEncoding: true,
  });
  return fromDuckdb(await openDuckdbFile("query", `(${unended(query)})`, options.folder), options);
}

/** A query without the semicolon at its end. */
function unended(query: string): string {
  return query.trim().replace(/;+$/, "");
}

function fromDuckdb(file: DuckdbFile, options: OpenTableOptions): FileTable {
  const { countRows } = file;
  return { ...typed(file, options), countRows };
}

function typed(file: TypedFile, { missingValues, rows }: OpenTableOptions): FileTable {
  return { ...typedSource(file, { missingValues, rowsBefore: rows?.from }), isTyped: true };
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
    case "json": {
      const { openJsonFile } = await import("../json/json-file.ts");
      return typedSource(await openJsonFile(path, compression), { missingValues });
    }
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
