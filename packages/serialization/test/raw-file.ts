/** A safetensors file with any header, right or wrong. */
export function rawFile(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0), size?: bigint): Uint8Array {
  const head = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + head.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, size ?? BigInt(head.length), true);
  bytes.set(head, 8);
  bytes.set(data, 8 + head.length);
  return bytes;
}
