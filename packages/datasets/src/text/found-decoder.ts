import type { FileEncoding } from "../csv/csv-options.ts";
import type { ByteDecoder } from "./byte-decoder.ts";
import { joinBytes } from "./join-bytes.ts";
import { UnicodeDecoder } from "./unicode-decoder.ts";
import { utf8Length } from "./utf8-sequence.ts";
import { Windows1252Decoder } from "./windows-1252-decoder.ts";

/**
 * UTF-8 or Windows-1252, in which ASCII is the same: the first byte that is not ASCII tells. Where it begins a sequence of
 * UTF-8, the whole must be UTF-8; otherwise, it is Windows-1252 unless there are zero bytes, which no text has.
 */
export class FoundDecoder implements ByteDecoder {
  private readonly utf8: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** What decodes from the first byte on that is not ASCII. */
  private found: ByteDecoder | undefined;
  /** The start of a sequence that is not complete. */
  private held: Uint8Array = new Uint8Array(0);
  private hasZeros = false;

  get encoding(): FileEncoding {
    return this.found?.encoding ?? "utf-8";
  }

  decode(bytes: Uint8Array, final: boolean): string {
    if (this.found !== undefined) return this.found.decode(bytes, final);
    const all = joinBytes(this.held, bytes);
    const text = this.utf8Text(all);
    // Characters that take several bytes make a text shorter than its bytes.
    if (text?.length === all.length) return this.plain(text, all.subarray(all.length));
    const at = all.findIndex((byte) => byte >= 0x80);
    const length = utf8Length(all[at] as number);
    const sequence = all.subarray(at, at + length);
    const start = this.utf8Text(all.subarray(0, at)) as string;
    if (!final && sequence.length < length) return this.plain(start, sequence);
    const isUtf8 = this.hasZeros || start.includes("\0") || this.utf8Text(sequence) !== undefined;
    this.found = isUtf8 ? new UnicodeDecoder("utf-8") : new Windows1252Decoder({ isFound: true });
    return this.found.decode(all, final);
  }

  /** Notes what there is to know of a text in ASCII, and holds what stands after it. */
  private plain(text: string, held: Uint8Array): string {
    this.hasZeros ||= text.includes("\0");
    this.held = held.slice();
    return text;
  }

  /** Bytes as UTF-8; undefined where they are none. */
  private utf8Text(bytes: Uint8Array): string | undefined {
    try {
      return this.utf8.decode(bytes);
    } catch {
      return undefined;
    }
  }
}
