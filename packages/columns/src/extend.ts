export { rowNumber, tableLocation, tablePlace } from "./cells/cell-errors.ts";
export { describeDependent } from "./dependent/dependent-column.ts";
export { findDependentColumns } from "./dependent/find-dependent-columns.ts";
export { freeName, refuseSpaces, shortList } from "./files/column-names.ts";
export { type PlottedColumn, plottedColumn } from "./files/plotted-column.ts";
export { blockRows, rowBlocks } from "./files/table-source.ts";
export { learnedTable } from "./files/understand-table.ts";
export { domainWords, intoDomain, isInDomain, type NumberDomain } from "./numbers/number-domain.ts";
export { describeVariable } from "./variables/describe-variable.ts";
export {
  hasFewValues,
  isLearnedVariable,
  isNumericVariable,
  VARIABLE_KINDS,
  variableDomain,
} from "./variables/variable.ts";
export { variablesFromJson, variablesToJson } from "./variables/variables-json.ts";
export { cellWriter, typedCells, writeCell, writtenTypes } from "./variables/write-variables.ts";
