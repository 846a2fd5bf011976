import { open } from "node:fs/promises";
import { DataError } from "@pushforward/core";

/** How a file holds its table. */
export type TableFormat = "csv" | "parquet" | "arrow" | "json" | "npy" | "npz" | "sqlite";

/** How the bytes of a file are compressed as a whole. */
export type Compression = "none" | "gzip" | "zstd";

/** What a file is. */
export interface FoundFormat {
  readonly format: TableFormat;
  readonly compression: Compression;
}

/** First bytes of files. */
const SIGNATURES: readonly (readonly [string, TableFormat])[] = [
  ["PAR1", "parquet"],
  ["ARROW1", "arrow"],
  ["\xff\xff\xff\xff", "arrow"],
  ["\x93NUMPY", "npy"],
  ["SQLite format 3\0", "sqlite"],
];

const HEAD_BYTES = 16;

/**
 * What a file is: by its first bytes, and where these may be text or an archive by the end of its name.
 *
 * @throws {DataError} it cannot be read.
 * @example
 * await writeTable("penguins.arrow", penguins());
 * (await findFormat("penguins.arrow")).format; // → "arrow"
 */
export async function findFormat(path: string): Promise<FoundFormat> {
  const head = await readHead(path);
  const signature = SIGNATURES.find(([start]) => head.startsWith(start));
  if (signature !== undefined) return { format: signature[1], compression: "none" };
  if (head.startsWith("PK\x03\x04") && /\.npz$/i.test(path)) return { format: "npz", compression: "none" };
  const compression = head.startsWith("\x1f\x8b") ? "gzip" : head.startsWith("\x28\xb5\x2f\xfd") ? "zstd" : "none";
  const isJson = /\.(jsonl|ndjson|json)(\.(gz|gzip|zst|zstd))?$/i.test(path);
  return { format: isJson ? "json" : "csv", compression };
}

async function readHead(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES));
      return Buffer.from(buffer.buffer, 0, bytesRead).toString("latin1");
    } finally {
      await file.close();
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path}: expected a readable file, got ${reason}.`, { file: path }, { cause });
  }
}
