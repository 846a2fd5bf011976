/** How a table is written. */
export type WrittenFormat = "csv" | "parquet" | "arrow" | "json";

/** What the end of the name of a file says; CSV where it says nothing. */
export function writtenFormat(path: string): WrittenFormat {
  if (/\.(parquet|pq)$/i.test(path)) return "parquet";
  if (/\.(arrow|feather|ipc)$/i.test(path)) return "arrow";
  return /\.(jsonl|ndjson|json)$/i.test(path) ? "json" : "csv";
}
