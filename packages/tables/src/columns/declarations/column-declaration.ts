import type { VariableKind } from "../variables/variable.ts";

/** What a caller says of a column; `V` is the type of its values in rows of objects. */
export interface ColumnDeclaration<V = unknown> {
  readonly kind: VariableKind;
  /** date: how dates are written, in the directives of strftime. Default: found from the values. */
  readonly format?: string;
  /** interval, circular: the numbers that can occur; those of a circular column are in [low, high). */
  readonly bounds?: readonly [low: number, high: number];
  /** ordinal: the values in their order, the lowest first. Default: found, where the values say it. */
  readonly levels?: readonly string[];
  /** Of the type alone: no declaration has it. */
  readonly value?: V;
}

/** Declarations by the name of the column. */
export type ColumnDeclarations = ReadonlyMap<string, ColumnDeclaration>;
