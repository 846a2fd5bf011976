import type { TableSource } from "@pushforward/tables";

/** A table in a file, or in several. */
export interface FileTable extends TableSource {
  /** The types of the columns in SQL, where the file declares them: what is written keeps them. */
  readonly types?: ReadonlyMap<string, string> | undefined;
  /** What SQL reads the rows from, where the engine does. */
  readonly relation?: string | undefined;
}
