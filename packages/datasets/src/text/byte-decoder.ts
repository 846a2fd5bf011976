import type { FileEncoding } from "../csv/csv-options.ts";

/** Turns bytes that come in pieces into text. */
export interface ByteDecoder {
  /** The encoding as far as the bytes so far tell. */
  readonly encoding: FileEncoding;
  /**
   * The text of the next bytes, but for a character that they cut.
   *
   * @throws {UnreadableBytes} they are no text.
   */
  decode(bytes: Uint8Array, final: boolean): string;
}

/** Bytes are no text of an encoding. */
export class UnreadableBytes extends Error {
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
