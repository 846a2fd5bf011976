import { DataError } from "@pushforward/core";
import type { CsvOptions, FileEncoding } from "../csv/csv-options.ts";
import { encodingRemedy } from "../csv/csv-problems.ts";
import { joinBytes } from "./join-bytes.ts";

/** Decodes bytes, given in pieces, to text. */
interface ByteDecoder {
  /** Encoding according to the bytes so far. */
  readonly encoding: FileEncoding;
  /**
   * The text of the next bytes, but for a character that they cut.
   *
   * @throws {UnreadableBytes} they are no text.
   */
  decode(bytes: Uint8Array, final: boolean): string;
}

/** Bytes are no text of an encoding. */
class UnreadableBytes extends Error {
  /** The encoding that was expected. */
  readonly expected: FileEncoding;
  /** The text of the same piece up to these bytes. */
  readonly before: string;

  constructor(expected: FileEncoding, before: string, options?: ErrorOptions) {
    super(`expected ${expected} text`, options);
    this.expected = expected;
    this.before = before;
  }
}

/** Length in bytes of the UTF-8 sequence with a given first byte; 1 for a byte that starts no sequence. */
function utf8Length(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Where a UTF-8 sequence that the end of the bytes cuts begins; the length of the bytes when it cuts none. */
function cutSequenceStart(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let at = length - 1; at >= Math.max(0, length - 3); at--) {
    const byte = bytes[at] as number;
    // Bytes that go on with a sequence: its first one stands before.
    if (byte >= 0x80 && byte < 0xc0) continue;
    return at + utf8Length(byte) > length ? at : length;
  }
  return length;
}

/** UTF-8 or UTF-16 decoder, which rejects invalid bytes. A byte order mark stays in the text. */
class UnicodeDecoder implements ByteDecoder {
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be";
  private readonly decoder: TextDecoder;
  /** Character cut off by the end of the last piece, needed to locate an error. */
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

/** The characters of the bytes 0x80 to 0x9f; a byte that has none is the control character of its number. */
const SPECIAL =
  "\u20AC\x81\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\x8D\u017D\x8F" +
  "\x90\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\x9D\u017E\u0178";

const CHARACTERS: Uint16Array = Uint16Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 && byte < 0xa0 ? SPECIAL.charCodeAt(byte - 0x80) : byte,
);

/** Characters that a text in Windows-1252 does not have. */
const BINARY = /[\0\x81\x8D\x8F\x90\x9D]/;

/** Bytes that become one string at once: arguments of a call are limited. */
const BLOCK = 1 << 13;

/**
 * Windows-1252, which includes ISO-8859-1. Some versions of Node decode its bytes 0x80 to 0x9f as control characters or
 * drop 0xff, so `TextDecoder` cannot be used.
 */
class Windows1252Decoder implements ByteDecoder {
  readonly encoding = "windows-1252" as const;
  private readonly isFound: boolean;

  /** @param isFound nobody has named the encoding: then bytes that no text has are refused. */
  constructor({ isFound }: { readonly isFound: boolean }) {
    this.isFound = isFound;
  }

  decode(bytes: Uint8Array): string {
    const characters = new Uint16Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) characters[i] = CHARACTERS[bytes[i] as number] as number;
    let text = "";
    for (let from = 0; from < characters.length; from += BLOCK) {
      text += String.fromCharCode(...characters.subarray(from, from + BLOCK));
    }
    const binary = this.isFound ? text.search(BINARY) : -1;
    if (binary >= 0) throw new UnreadableBytes("utf-8", text.slice(0, binary));
    return text;
  }
}

/** First bytes of files that are often given in the place of CSV text. */
const SIGNATURES: readonly (readonly [signature: string, name: string, remedy?: string])[] = [
  ["PAR1", "a Parquet file"],
  ["ARROW1", "an Arrow file"],
  ["FEA1", "a Feather file"],
  ["\x89HDF", "an HDF5 file"],
  ["\x93NUMPY", "a NumPy file"],
  ["SQLite format 3", "a SQLite database"],
  ["\xd0\xcf\x11\xe0", "an old Excel file"],
  ["PK\x03\x04", "a zip archive or an Excel workbook"],
  ["\x1f\x8b", "a gzip archive", "Unpack it first (gunzip)."],
  ["\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it first (unzstd)."],
  ["BZh", "a bzip2 archive", "Unpack it first (bunzip2)."],
  ["\xfd7zXZ", "an xz archive", "Unpack it first (unxz)."],
  ["\x89PNG", "a PNG picture"],
  ["\xff\xd8\xff", "a JPEG picture"],
  ["%PDF", "a PDF document"],
  ["<!DOCTYPE", "a web page"],
  ["<!doctype", "a web page"],
  ["<html", "a web page"],
  ['{"', "JSON"],
  ["[{", "JSON"],
  ["[[", "JSON"],
];

/** The most bytes that {@link foreignFile} looks at. */
const SIGNATURE_BYTES = 16;

/**
 * The type of a file that is not CSV text, from its first bytes, and the remedy; `undefined` for possible text.
 */
function foreignFile(head: Uint8Array): string | undefined {
  const start = String.fromCharCode(...head.subarray(0, SIGNATURE_BYTES));
  const found = SIGNATURES.find(([signature]) => start.startsWith(signature));
  // A model is a safetensors file: eight bytes of a length, then JSON.
  const isSafetensors = start.length > 9 && start.startsWith('\0\0{"', 6);
  if (found === undefined) return isSafetensors ? "a safetensors file. Is it a model?" : undefined;
  const [, name, remedy = "Save the table as CSV first."] = found;
  return `${name}. ${remedy}`;
}

/**
 * UTF-8 or Windows-1252, which share ASCII: the first non-ASCII byte decides. If it begins a UTF-8 sequence, the entire text
 * must be UTF-8; otherwise it is Windows-1252 unless it has zero bytes.
 */
class FoundDecoder implements ByteDecoder {
  private readonly utf8: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Decoder for all bytes from the first non-ASCII byte on. */
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

  /** Notes if an ASCII text has zero bytes, and stores the bytes that follow the text. */
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

/**
 * Bytes to text in pieces: UTF-16 with a byte order mark or zero bytes of ASCII text, otherwise UTF-8 or, for invalid UTF-8,
 * Windows-1252. `line` is the line of the next bytes, for errors about binary data.
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

  /** Encoding according to the bytes so far; undefined without any bytes. */
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
          `${this.file ?? "csv"} line ${line}: expected ${cause.expected.toUpperCase()} text, got bytes of a different encoding. `,
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
