/** How many bytes the UTF-8 sequence of a first byte has; 1 for a byte that begins none. */
export function utf8Length(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Where a UTF-8 sequence that the end of the bytes cuts begins; the length of the bytes when it cuts none. */
export function cutSequenceStart(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let at = length - 1; at >= Math.max(0, length - 3); at--) {
    const byte = bytes[at] as number;
    // Bytes that go on with a sequence: its first one stands before.
    if (byte >= 0x80 && byte < 0xc0) continue;
    return at + utf8Length(byte) > length ? at : length;
  }
  return length;
}
