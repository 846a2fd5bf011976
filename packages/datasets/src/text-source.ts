import { DataError } from "@pushforward/core";
import type { CsvOptions } from "./csv-options.ts";
import { encodingRemedy } from "./csv-remedies.ts";
import { foreignFile, SIGNATURE_BYTES } from "./file-signature.ts";

/**
 * Bytes to text in pieces: UTF-8, or UTF-16 when a byte order mark or the zero bytes of ASCII text say so. `line` tells
 * the line where the next bytes stand, for the message about bytes that are no text.
 */
export class TextSource {
  private readonly file: string | undefined;
  private readonly line: () => number;
  private readonly encoding: CsvOptions["encoding"];
  private decoder: TextDecoder | undefined;
  private head: Uint8Array = new Uint8Array(0);

  constructor({ file, encoding }: Pick<CsvOptions, "file" | "encoding">, line: () => number) {
    this.file = file;
    this.encoding = encoding;
    this.line = line;
  }

  push(bytes: Uint8Array): string {
    if (this.decoder !== undefined) return this.decode(this.decoder, bytes, true);
    // An encoding, or a file of another kind, shows itself in the first bytes; a single one is not enough.
    const head = this.head.length === 0 ? bytes : concat(this.head, bytes);
    if (head.length < SIGNATURE_BYTES) {
      this.head = head;
      return "";
    }
    this.decoder = this.decoderFor(head);
    return this.decode(this.decoder, head, true);
  }

  end(): string {
    if (this.decoder !== undefined) return this.decode(this.decoder, new Uint8Array(0), false);
    return this.decode(this.decoderFor(this.head), this.head, false);
  }

  private decoderFor(head: Uint8Array): TextDecoder {
    const foreign = foreignFile(head);
    if (foreign !== undefined) {
      const { file } = this;
      throw new DataError(`${file ?? "csv"}: expected CSV text, got ${foreign}`, file === undefined ? {} : { file });
    }
    return new TextDecoder(this.encoding ?? findEncoding(head), { fatal: true });
  }

  private decode(decoder: TextDecoder, bytes: Uint8Array, stream: boolean): string {
    try {
      return decoder.decode(bytes, { stream });
    } catch (cause) {
      const readable = new TextDecoder(decoder.encoding).decode(bytes).split("\uFFFD", 1)[0] as string;
      const line = this.line() + (readable.match(/\n/g)?.length ?? 0);
      throw new DataError(
        [
          `${this.file ?? "csv"} line ${line}: expected ${decoder.encoding.toUpperCase()} text, got bytes of another encoding. `,
          "Save the file as UTF-8.",
          encodingRemedy,
        ],
        { ...(this.file !== undefined && { file: this.file }), line },
        { cause },
      );
    }
  }
}

function findEncoding(head: Uint8Array): string {
  const [a, b] = head;
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (a !== 0 && b === 0 && head[2] !== 0 && head[3] === 0) return "utf-16le";
  if (a === 0 && b !== 0 && head[2] === 0 && head[3] !== 0) return "utf-16be";
  return "utf-8";
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}
