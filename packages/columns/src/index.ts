export type { ColumnDeclaration, ColumnDeclarations } from "./declarations/column-types.ts";
/** The kinds of columns, for {@link declareTable}. */
export * as column from "./declarations/column-types.ts";
export { parseDeclarations } from "./declarations/parse-declarations.ts";
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
export type { ReadTableOptions, TableSource } from "./files/table-source.ts";
export type { UnderstandTableOptions, UnderstoodTable } from "./files/understand-table.ts";
export { understandTable } from "./files/understand-table.ts";
export type { FindVariablesOptions, FoundVariables } from "./finding/find-variables.ts";
export { findVariables } from "./finding/find-variables.ts";
export type { ReadVariablesOptions } from "./variables/read-variables.ts";
export { readVariables } from "./variables/read-variables.ts";
export type { ColumnNote, NumberFormat, TypedTable, Variable, VariableKind } from "./variables/variable.ts";
export { writeVariables } from "./variables/write-variables.ts";
