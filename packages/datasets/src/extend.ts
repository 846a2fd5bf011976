export { checkFinite } from "./column-statistics.ts";
export { holdsDecimalCommas } from "./csv/csv-numbers.ts";
export type { FileEncoding, TextEncoding } from "./csv/csv-options.ts";
export { isFormula } from "./csv/format-csv.ts";
export { type Delimiter, MissingMarkers } from "./csv/missing-markers.ts";
export { addDropped, joinCsvTables, takeCsvRows } from "./csv/parse-csv.ts";
export { readNpy, writeNpy } from "./npy.ts";
export { type SplitIndices, splitIndices } from "./split.ts";
export {
  checkTable,
  createTable,
  getColumn,
  isOnGrid,
  joinNumbers,
  joinTables,
  listNames,
  refuseInfinite,
  roundToGrid,
  takeColumns,
  takeTableRows,
} from "./tables.ts";
