import { createReadStream } from "node:fs";
import { DataError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { joinNumbers, joinTables, takeTableRows } from "../tables.ts";
import { TextSource } from "../text/text-source.ts";
import type { CsvOptions, CsvTable } from "./csv-options.ts";
import { CsvParser } from "./csv-parser.ts";

/**
 * Reads CSV (RFC 4180; also semicolons, tabs, a byte order mark, any line ends, blank lines) into a table in float64.
 *
 * @param source text, or the bytes of a file in UTF-8, UTF-16 or Windows-1252.
 * @throws {DataError} the source cannot be read. The message and `location` name line, row and column of the first
 * problem, and the message counts the remaining problems.
 * @example
 * parseCsv("x,y\n1,2\n3,4\n").rows; // → 2
 */
export function parseCsv(source: string | Uint8Array, options: CsvOptions = {}): CsvTable {
  checkOptions("parseCsv", options, {
    delimiter: true,
    decimal: true,
    header: true,
    columns: true,
    others: true,
    kinds: true,
    missing: true,
    missingValues: true,
    encoding: true,
    file: true,
    sampleLength: true,
    maxRecordLength: true,
  });
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    const got = Array.isArray(source)
      ? "an array"
      : typeof source === "object" && source !== null
        ? "an object"
        : String(source);
    throw new DataError(`parseCsv: expected a text or the bytes of a file, got ${got}.`);
  }
  const parser = new CsvParser(options);
  const text = new TextSource(options, () => parser.lastLine());
  if (typeof source === "string") {
    parser.push(source);
  } else {
    parser.push(text.push(source));
    parser.push(text.end());
  }
  parser.end();
  return take(parser, text)[0] as CsvTable;
}

/** Options of {@link csvChunks}. */
export interface CsvChunkOptions extends CsvOptions {
  /** Rows per chunk. Default: 8,192. */
  readonly chunkRows?: number;
}

/**
 * Reads CSV larger than memory, in tables of at most `chunkRows` rows. `source` is a file, a response body or a process: pieces
 * of bytes or text, split anywhere.
 *
 * A problem is thrown after the preceding chunks; its message counts the problems of its piece.
 *
 * @throws {DataError} as {@link parseCsv}.
 * @example
 * let total = 0;
 * for await (const { rows } of csvChunks(new Blob(["x,y\n1,2\n3,4\n"]).stream())) total += rows;
 * total; // → 2
 */
export async function* csvChunks(
  source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  options: CsvChunkOptions = {},
): AsyncGenerator<CsvTable, void, undefined> {
  checkOptions("csvChunks", options, {
    delimiter: true,
    decimal: true,
    header: true,
    columns: true,
    others: true,
    kinds: true,
    missing: true,
    missingValues: true,
    encoding: true,
    file: true,
    sampleLength: true,
    maxRecordLength: true,
    chunkRows: true,
  });
  const parser = new CsvParser(options, options.chunkRows ?? 8192);
  const text = new TextSource(options, () => parser.lastLine());
  for await (const piece of source) {
    parser.push(typeof piece === "string" ? piece : text.push(piece));
    yield* take(parser, text);
  }
  parser.push(text.end());
  parser.end();
  yield* take(parser, text);
}

/** Complete tables, with the encoding of their source. */
function take(parser: CsvParser, { encoding }: TextSource): CsvTable[] {
  const tables = parser.take();
  return encoding === undefined ? tables : tables.map((table) => ({ ...table, encoding }));
}

/** The path of a file, or pieces of bytes or text, for instance `process.stdin`. */
export type CsvSource = string | AsyncIterable<Uint8Array | string>;

/**
 * Reads a CSV file of any size in tables of at most `chunkRows` rows; memory does not grow with the file.
 *
 * @throws {DataError} the file cannot be opened or read; see {@link csvChunks}.
 * @example
 * await writeCsv("penguins.csv", penguins());
 * for await (const { rows, columns } of readCsv("penguins.csv")) console.log(rows, columns.length);
 */
export function readCsv(source: CsvSource, options: CsvChunkOptions = {}): AsyncGenerator<CsvTable, void, undefined> {
  checkOptions("readCsv", options, {
    delimiter: true,
    decimal: true,
    header: true,
    columns: true,
    others: true,
    kinds: true,
    missing: true,
    missingValues: true,
    encoding: true,
    file: true,
    sampleLength: true,
    maxRecordLength: true,
    chunkRows: true,
  });
  return typeof source === "string"
    ? csvChunks(readBytes(source), { file: source, ...options })
    : csvChunks(source, options);
}

async function* readBytes(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 18 })) yield piece as Uint8Array;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path}: expected a readable file, got ${reason}.`, { file: path }, { cause });
  }
}

/**
 * The rows of a table at the given indices, in their order; they keep their numbers in the file.
 *
 * @example
 * const rows = parseCsv("x\n1\n2\n3\n");
 * [...takeCsvRows(rows, [0, 2]).rowNumbers]; // → [1, 3]
 */
export function takeCsvRows(source: CsvTable, indices: ArrayLike<number>): CsvTable {
  return {
    ...source,
    ...takeTableRows(source, indices),
    rowNumbers: Float64Array.from(indices, (i) => source.rowNumbers[i] as number),
  };
}

/**
 * Joins the chunks of a file into one table; undefined for no chunks.
 * @example
 * const chunks: CsvTable[] = [];
 * for await (const chunk of csvChunks(new Blob(["x,y\n1,2\n3,4\n"]).stream())) chunks.push(chunk);
 * const rows = joinCsvTables(chunks)?.rows; // → 2
 */
export function joinCsvTables(chunks: readonly CsvTable[]): CsvTable | undefined {
  const table = joinTables(chunks);
  if (table === undefined) return undefined;
  // The more was read, the more is known of it.
  const encoding = chunks.at(-1)?.encoding;
  return {
    ...table,
    dropped: chunks.reduce((sum, chunk) => sum + chunk.dropped, 0),
    droppedBy: addDropped(chunks),
    rowNumbers: joinNumbers(chunks.map((chunk) => chunk.rowNumbers)),
    ...(encoding !== undefined && { encoding }),
  };
}

/** Adds up the numbers of rows of chunks that lack a value, for each column. */
export function addDropped(chunks: readonly Pick<CsvTable, "droppedBy">[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { droppedBy } of chunks) {
    for (const [name, count] of droppedBy) sum.set(name, (sum.get(name) ?? 0) + count);
  }
  return sum;
}
