import { createReadStream } from "node:fs";
import { DataError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import type { CsvTable } from "./csv-options.ts";
import { type CsvChunkOptions, csvChunks } from "./parse-csv.ts";

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
