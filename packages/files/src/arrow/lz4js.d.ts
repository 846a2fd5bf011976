declare module "lz4js" {
  /** The bytes of a frame. */
  export function decompress(frame: Uint8Array): Uint8Array | number[];
}
