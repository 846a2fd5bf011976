import type { Flow, Table, TableDensity, TableMixture, Variable } from "pushforward";

/** A model that takes questions. */
export interface AskSource {
  readonly model: TableDensity | TableMixture | Flow;
  /** The columns that can be given. */
  readonly variables: readonly Variable[];
  /** Rows beside the model, of which its categories and the axes of pictures are taken. */
  readonly rows: Table | undefined;
  readonly samples: Table;
}
