import type { VariableKind } from "@pushforward/columns";

/** What a cell of a column may be. */
export interface LaidColumn {
  readonly name: string;
  readonly kind: VariableKind;
  /** Whether its cells are numbers, or dates. */
  readonly isNumeric: boolean;
  /** Texts that mark a missing cell in the file that the model was fitted to. */
  readonly markers: readonly string[];
  /** Whether the model reads it; the others may be sent, and are left. */
  readonly isUsed: boolean;
}

/** The columns of a model, by name, in the order of its file. */
export type ColumnLayout = ReadonlyMap<string, LaidColumn>;

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
