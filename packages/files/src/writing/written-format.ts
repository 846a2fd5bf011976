import { extname } from "node:path";
import { OptionError } from "@pushforward/core";

/** How a table is written. */
export type WrittenFormat = "csv" | "parquet" | "arrow" | "json";

const FORMATS: Readonly<Record<string, WrittenFormat>> = {
  ...{ "": "csv", ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet" },
  ...{ ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".jsonl": "json", ".ndjson": "json", ".json": "json" },
};

/** The ends of names of files that tables are written to. */
export const WRITTEN_ENDS: readonly string[] = Object.keys(FORMATS).filter((end) => end !== "");

/**
 * What the end of the name of a file says; CSV for a name without one.
 *
 * @throws {OptionError} the name ends otherwise.
 */
export function writtenFormat(path: string): WrittenFormat {
  const end = extname(path).toLowerCase();
  const format = Object.hasOwn(FORMATS, end) ? FORMATS[end] : undefined;
  if (format !== undefined) return format;
  throw new OptionError(`${path}: expected the name of a file that ends in ${WRITTEN_ENDS.join(", ")}, got ${end}.`);
}
