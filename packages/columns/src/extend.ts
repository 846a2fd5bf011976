export { rowNumber, tableLocation, tablePlace } from "./cells.ts";
export { computedNumber, DATE_PARTS, type DatePart, describeDependent } from "./dependent/dependent-column.ts";
export { findDependentColumns } from "./dependent/find-dependent-columns.ts";
export {
  blockRows,
  freeName,
  learnedTable,
  type PlottedColumn,
  plottedColumn,
  refuseSpaces,
  rowBlocks,
  shortList,
} from "./files/understand-table.ts";
export { equalColumns, withGridsOfTerms } from "./numbers/equal-columns.ts";
export { domainWords, intoDomain, isInDomain, type NumberDomain } from "./numbers/number-domain.ts";
export { logPrintedWidth, roundToFormat } from "./numbers/number-format.ts";
export { shareBeyondRounding } from "./numbers/repeated-numbers.ts";
export { describeVariable } from "./variables/describe-variable.ts";
export { cellWriter, typedCells, writeCell, writtenTypes } from "./variables/read-variables.ts";
export {
  hasFewValues,
  isLearnedVariable,
  isNumericVariable,
  VARIABLE_KINDS,
  variableDomain,
} from "./variables/variable.ts";
export { variablesFromJson, variablesToJson } from "./variables/variables-json.ts";
