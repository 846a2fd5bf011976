import type { CsvChunkOptions, CsvTable } from "@pushforward/datasets";

/** What to read of a table. */
export type ReadTableOptions = Pick<
  CsvChunkOptions,
  "columns" | "others" | "kinds" | "missing" | "chunkRows" | "sampleLength"
>;

/** A CSV file, or anything else that can be read in pieces. */
export interface TableSource {
  /** For messages. */
  readonly name: string;
  /** The types of the columns in SQL, where the file declares them: what is written keeps them. */
  readonly types?: ReadonlyMap<string, string> | undefined;
  /** The table in pieces, for files larger than memory. A source that is read more than once starts again each time. */
  chunks(options: ReadTableOptions): AsyncIterable<CsvTable>;
}
