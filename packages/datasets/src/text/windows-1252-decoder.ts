import { type ByteDecoder, UnreadableBytes } from "./byte-decoder.ts";

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
 * Windows-1252, which has ISO-8859-1 in it. Some versions of Node read the bytes 0x80 to 0x9f of it as control characters
 * or drop 0xff, so that `TextDecoder` cannot be used.
 */
export class Windows1252Decoder implements ByteDecoder {
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
