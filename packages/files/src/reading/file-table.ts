import type { TableSource } from "@pushforward/columns";

/** A table in a file, or in several. */
export interface FileTable extends TableSource {
  /** Whether the file says itself what its columns hold. */
  readonly isTyped?: boolean | undefined;
  /** Bytes of the files. */
  readonly bytes?: number | undefined;
  /** Counts the rows, where that costs less than reading them as a table. */
  countRows?(): Promise<number>;
  /** Whether the file says itself how many rows it has, so that to count them costs nothing. */
  readonly saysRows?: boolean | undefined;
}
