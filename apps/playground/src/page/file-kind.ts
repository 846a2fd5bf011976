import { typedFormat } from "../shared/typed-format.ts";

/** What a file holds, by its first bytes: names say little. */
export type FileKind = "model" | "table" | "other";

/** How many bytes at the beginning of a file tell what it is. */
export const HEAD = 4096;

/**
 * What a file is, from its first {@link HEAD} bytes. A model file is a safetensors file, which begins with the length of a
 * JSON object as an integer of eight bytes, lowest first.
 *
 * @param size length of the whole file.
 */
export function fileKind(head: Uint8Array, size: number): FileKind {
  if (head.length >= 9) {
    const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
    if (head[8] === 0x7b && length >= 2n && length <= BigInt(size - 8)) return "model";
  }
  return typedFormat(head) !== undefined || isText(head) ? "table" : "other";
}

const SIGNATURES: readonly (readonly number[])[] = [
  // PDF, ZIP (spreadsheets as well), gzip.
  [0x25, 0x50, 0x44, 0x46],
  [0x50, 0x4b, 0x03, 0x04],
  [0x1f, 0x8b],
];

function isText(head: Uint8Array): boolean {
  if (SIGNATURES.some((signature) => signature.every((byte, i) => head[i] === byte))) return false;
  // UTF-16 has zero bytes; the reader of CSV files says how to save it.
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  return !head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
}
