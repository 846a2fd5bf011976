export { rowNumber, tableLocation, tablePlace } from "./cells/cell-errors.ts";
export {
  boolean,
  type ColumnDeclaration,
  type ColumnDeclarations,
  category,
  circular,
  date,
  id,
  integer,
  interval,
  ordinal,
  positive,
  real,
  text,
} from "./declarations/column-types.ts";
export { parseDeclarations } from "./declarations/parse-declarations.ts";
export {
  type DeclaredColumns,
  type DeclaredInput,
  type DeclaredRow,
  type DeclaredSource,
  type DeclaredTable,
  type TableDeclaration,
  table,
} from "./declarations/table-declaration.ts";
export { type ColumnRelation, type DependentColumn, describeDependent } from "./dependent/dependent-column.ts";
export { findDependentColumns } from "./dependent/find-dependent-columns.ts";
export { freeName, refuseSpaces, shortList } from "./files/column-names.ts";
export { type PlottedColumn, plottedColumn } from "./files/plotted-column.ts";
export { blockRows, type ReadTableOptions, rowBlocks, type TableSource } from "./files/table-source.ts";
export {
  learnedTable,
  type UnderstandTableOptions,
  type UnderstoodTable,
  understandTable,
} from "./files/understand-table.ts";
export { type FindVariablesOptions, type FoundVariables, findVariables } from "./finding/find-variables.ts";
export { domainWords, intoDomain, isInDomain, type NumberDomain } from "./numbers/number-domain.ts";
export { describeVariable } from "./variables/describe-variable.ts";
export { type ReadVariablesOptions, readVariables } from "./variables/read-variables.ts";
export {
  type ColumnNote,
  hasFewValues,
  isLearnedVariable,
  isNumericVariable,
  type NumberFormat,
  type TypedTable,
  VARIABLE_KINDS,
  type Variable,
  type VariableKind,
  variableDomain,
} from "./variables/variable.ts";
export { variablesFromJson, variablesToJson } from "./variables/variables-json.ts";
export { cellWriter, typedCells, writeCell, writeVariables, writtenTypes } from "./variables/write-variables.ts";
