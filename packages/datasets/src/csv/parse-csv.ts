import { DataError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { TextSource } from "../text/text-source.ts";
import type { CsvOptions, CsvTable } from "./csv-options.ts";
import { CsvParser } from "./csv-parser.ts";

/**
 * Reads CSV (RFC 4180; also semicolons, tabs, a byte order mark, any line ends, blank lines) into a table in float64.
 *
 * @param source text, or the bytes of a file in UTF-8, UTF-16 or Windows-1252.
 * @throws {DataError} what cannot be read: the message and `location` name line, row and column of the first problem, and
 * the message counts the others.
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
 * Reads CSV that is larger than memory, in tables of at most `chunkRows` rows. `source` is what a file, a response body
 * or a process gives: pieces of bytes or of text, cut anywhere.
 *
 * A problem is thrown after the chunks before it; its message counts the problems in the piece where it stands.
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

/** The tables that are complete, with the encoding of what they were read from. */
function take(parser: CsvParser, { encoding }: TextSource): CsvTable[] {
  const tables = parser.take();
  return encoding === undefined ? tables : tables.map((table) => ({ ...table, encoding }));
}
