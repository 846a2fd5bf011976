import { type CompressionType, compressionRegistry } from "apache-arrow";
import { decompress as zstd } from "fzstd";
import { decompress as lz4 } from "lz4js";

const LZ4_FRAME: CompressionType = 0;
const ZSTD: CompressionType = 1;

/** Lets Arrow read buffers that are compressed, as pandas and Arrow write Feather files. */
export function registerArrowCodecs(): void {
  if (compressionRegistry.get(ZSTD) !== null) return;
  compressionRegistry.set(LZ4_FRAME, { decode: (bytes) => Uint8Array.from(lz4(bytes)) });
  compressionRegistry.set(ZSTD, { decode: (bytes) => zstd(bytes) });
}
