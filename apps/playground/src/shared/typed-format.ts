/** Files that say themselves what their columns hold. */
export type TypedFormat = "parquet" | "arrow";

/** First bytes of such files. */
const SIGNATURES: ReadonlyMap<string, TypedFormat> = new Map([
  ["PAR1", "parquet"],
  ["ARROW1", "arrow"],
]);

/** What a file is, from its first bytes; undefined where it is neither. */
export function typedFormat(head: Uint8Array): TypedFormat | undefined {
  const start = String.fromCharCode(...head.subarray(0, 6));
  return [...SIGNATURES].find(([signature]) => start.startsWith(signature))?.[1];
}
