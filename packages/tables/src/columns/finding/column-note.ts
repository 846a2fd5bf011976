/** What was decided about a column that a reader of its table should know. */
export interface ColumnNote {
  readonly column: string;
  /** A sentence. */
  readonly text: string;
}
