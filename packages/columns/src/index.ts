/** The kinds of columns, for {@link declareTable}. */
export * as column from "./declarations/column-types.ts";
export { type ColumnDeclaration, type ColumnDeclarations, parseDeclarations } from "./declarations/column-types.ts";
export {
  type DeclaredColumns,
  type DeclaredInput,
  type DeclaredRow,
  type DeclaredSource,
  type DeclaredTable,
  declareTable,
  type TableDeclaration,
} from "./declarations/table-declaration.ts";
export type { ColumnRelation, DependentColumn } from "./dependent/dependent-column.ts";
export {
  type ReadTableOptions,
  type TableSource,
  type UnderstandTableOptions,
  type UnderstoodTable,
  understandTable,
} from "./files/understand-table.ts";
export { type FindVariablesOptions, type FoundVariables, findVariables } from "./finding/find-variable.ts";
export { type ReadVariablesOptions, readVariables, writeVariables } from "./variables/read-variables.ts";
export type { ColumnNote, NumberFormat, TypedTable, Variable, VariableKind } from "./variables/variable.ts";
