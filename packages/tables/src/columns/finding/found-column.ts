import type { Column } from "@pushforward/datasets";
import type { Variable } from "../variables/variable.ts";
import type { ColumnNote } from "./column-note.ts";

/** A column that is understood. */
export interface FoundColumn {
  readonly variable: Variable;
  readonly column: Column;
  readonly notes: readonly ColumnNote[];
}
