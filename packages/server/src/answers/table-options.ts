/** How the rows of a body are read. */
export interface TableOptions {
  /** What becomes of columns that the model does not know. */
  readonly others: "refuse" | "ignore" | "keep";
  /** Whether a row may lack a cell: it is missing then. */
  readonly mayLack: boolean;
  /** Columns that must be there. */
  readonly needed: readonly string[];
  readonly maxRows: number;
}
