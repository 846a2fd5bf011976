import { type ByteDecoder, UnreadableBytes } from "./byte-decoder.ts";
import { joinBytes } from "./join-bytes.ts";
import { cutSequenceStart } from "./utf8-sequence.ts";

/** UTF-8 or UTF-16, of which not all bytes are text. A byte order mark stays in the text. */
export class UnicodeDecoder implements ByteDecoder {
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be";
  private readonly decoder: TextDecoder;
  /** The character that the last piece cut, so that the place of an error can be told. */
  private cut: Uint8Array = new Uint8Array(0);

  constructor(encoding: "utf-8" | "utf-16le" | "utf-16be") {
    this.encoding = encoding;
    this.decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  decode(bytes: Uint8Array, final: boolean): string {
    const { encoding, cut } = this;
    try {
      const text = this.decoder.decode(bytes, { stream: !final });
      if (encoding === "utf-8") {
        const last = joinBytes(cut, bytes.subarray(-3));
        this.cut = last.slice(cutSequenceStart(last));
      }
      return text;
    } catch (cause) {
      const readable = new TextDecoder(encoding, { ignoreBOM: true }).decode(joinBytes(cut, bytes));
      throw new UnreadableBytes(encoding, readable.split("\uFFFD", 1)[0] as string, { cause });
    }
  }
}
