import { DataError } from "@pushforward/core";
import type { CsvOptions, FileEncoding } from "../csv/csv-options.ts";
import { encodingRemedy } from "../csv/csv-remedies.ts";
import { type ByteDecoder, UnreadableBytes } from "./byte-decoder.ts";
import { foreignFile, SIGNATURE_BYTES } from "./file-signature.ts";
import { FoundDecoder } from "./found-decoder.ts";
import { joinBytes } from "./join-bytes.ts";
import { UnicodeDecoder } from "./unicode-decoder.ts";
import { Windows1252Decoder } from "./windows-1252-decoder.ts";

/**
 * Bytes to text in pieces: UTF-16 when a byte order mark or the zero bytes of ASCII text say so, otherwise UTF-8 or, where
 * the bytes are no UTF-8, Windows-1252. `line` tells the line where the next bytes stand, for the message about bytes that
 * are no text.
 */
export class TextSource {
  private readonly file: string | undefined;
  private readonly line: () => number;
  private readonly named: CsvOptions["encoding"];
  private decoder: ByteDecoder | undefined;
  private head: Uint8Array = new Uint8Array(0);

  constructor({ file, encoding }: Pick<CsvOptions, "file" | "encoding">, line: () => number) {
    this.file = file;
    this.named = encoding;
    this.line = line;
  }

  /** The encoding as far as the bytes so far tell; undefined before there are any. */
  get encoding(): FileEncoding | undefined {
    return this.decoder?.encoding;
  }

  push(bytes: Uint8Array): string {
    if (this.decoder !== undefined) return this.decode(this.decoder, bytes, false);
    // An encoding, or a file of another kind, shows itself in the first bytes; a single one is not enough.
    const head = joinBytes(this.head, bytes);
    if (head.length < SIGNATURE_BYTES) {
      this.head = head;
      return "";
    }
    this.decoder = this.decoderFor(head);
    return this.decode(this.decoder, head, false);
  }

  end(): string {
    if (this.decoder !== undefined) return this.decode(this.decoder, new Uint8Array(0), true);
    if (this.head.length === 0) return "";
    this.decoder = this.decoderFor(this.head);
    return this.decode(this.decoder, this.head, true);
  }

  private decoderFor(head: Uint8Array): ByteDecoder {
    const foreign = foreignFile(head);
    if (foreign !== undefined) {
      const { file } = this;
      throw new DataError(`${file ?? "csv"}: expected CSV text, got ${foreign}`, file === undefined ? {} : { file });
    }
    if (this.named === "windows-1252") return new Windows1252Decoder({ isFound: false });
    const unicode = this.named ?? findUtf16(head);
    return unicode === undefined ? new FoundDecoder() : new UnicodeDecoder(unicode);
  }

  private decode(decoder: ByteDecoder, bytes: Uint8Array, final: boolean): string {
    try {
      return decoder.decode(bytes, final);
    } catch (cause) {
      if (!(cause instanceof UnreadableBytes)) throw cause;
      const line = this.line() + (cause.before.match(/\n/g)?.length ?? 0);
      throw new DataError(
        [
          `${this.file ?? "csv"} line ${line}: expected ${cause.expected.toUpperCase()} text, got bytes of another encoding. `,
          "Save the file as UTF-8.",
          encodingRemedy,
        ],
        { ...(this.file !== undefined && { file: this.file }), line },
        { cause },
      );
    }
  }
}

function findUtf16(head: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [a, b] = head;
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (a !== 0 && b === 0 && head[2] !== 0 && head[3] === 0) return "utf-16le";
  if (a === 0 && b !== 0 && head[2] === 0 && head[3] !== 0) return "utf-16be";
  return undefined;
}
