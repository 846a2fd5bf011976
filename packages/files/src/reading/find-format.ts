import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { DataError } from "@pushforward/core";

const PIECE_BYTES = 1 << 18;

/**
 * Yields the bytes of a file in pieces, decompressed.
 *
 * @throws {DataError} the file cannot be read, or its content is incomplete.
 */
export async function* fileBytes(path: string, compression: Compression): AsyncGenerator<Uint8Array> {
  const packed = createReadStream(path, { highWaterMark: PIECE_BYTES });
  try {
    if (compression === "gzip") {
      const [{ createGunzip }, { pipeline }] = await Promise.all([import("node:zlib"), import("node:stream")]);
      const unpacked = createGunzip({ chunkSize: PIECE_BYTES });
      // What goes wrong below is thrown where the pieces are read.
      pipeline(packed, unpacked, () => undefined);
      yield* unpacked;
    } else if (compression === "zstd") yield* unpackZstd(packed);
    else yield* packed as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${path}: expected a readable file, got ${reason}.`, { file: path }, { cause });
  } finally {
    packed.destroy();
  }
}

async function* unpackZstd(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import("fzstd");
  let pieces: Uint8Array[] = [];
  const unpacking = new Decompress((piece) => pieces.push(piece));
  for await (const bytes of packed) {
    unpacking.push(bytes);
    yield* pieces;
    pieces = [];
  }
  unpacking.push(new Uint8Array(0), true);
  yield* pieces;
}

/** File format of a table. */
export type TableFormat = "csv" | "parquet" | "arrow" | "json" | "npy" | "npz" | "sqlite";

/** How the bytes of a file are compressed as a whole. */
export type Compression = "none" | "gzip" | "zstd";

/** Format and compression of a file. */
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
 * Finds the format of a file from its first bytes. If these may be text or an archive, it also uses the file extension.
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
