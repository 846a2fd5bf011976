import type { Column } from "@pushforward/datasets";
import type { ColumnNote } from "./column-note.ts";
import type { Variable } from "./variable.ts";

/** A column that is understood. */
export interface FoundColumn {
  readonly variable: Variable;
  readonly column: Column;
  readonly notes: readonly ColumnNote[];
}
