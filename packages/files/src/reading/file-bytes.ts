import { createReadStream } from "node:fs";
import { DataError } from "@pushforward/core";
import type { Compression } from "./find-format.ts";

const PIECE_BYTES = 1 << 18;

/**
 * The bytes of a file in pieces, unpacked.
 *
 * @throws {DataError} the file cannot be read, or what it holds is not complete.
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
