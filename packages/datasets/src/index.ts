export type { ColumnStatistics } from "./column-statistics.ts";
export { checkFinite, columnStatistics, standardize } from "./column-statistics.ts";
export { holdsDecimalCommas } from "./csv/csv-numbers.ts";
export type { CsvOptions, CsvTable, FileEncoding, TextEncoding } from "./csv/csv-options.ts";
export { MISSING_VALUES } from "./csv/csv-options.ts";
export type { Delimiter } from "./csv/find-delimiter.ts";
export type { FormatCsvOptions } from "./csv/format-csv.ts";
export { formatCsv, isFormula } from "./csv/format-csv.ts";
export { addDropped, joinCsvTables } from "./csv/join-csv-tables.ts";
export { MissingMarkers } from "./csv/missing-markers.ts";
export type { CsvChunkOptions } from "./csv/parse-csv.ts";
export { csvChunks, parseCsv } from "./csv/parse-csv.ts";
export { takeCsvRows } from "./csv/take-csv-rows.ts";
export { earthquakes } from "./earthquakes.ts";
export { joinTables } from "./join-tables.ts";
export { listNames } from "./list-names.ts";
export { readNpy, writeNpy } from "./npy.ts";
export { penguins } from "./penguins.ts";
export type { Split, SplitIndices, SplitOptions } from "./split.ts";
export { splitData, splitIndices, takeRows } from "./split.ts";
export type { Column, ColumnKind, NumberColumn, OneHot, Table, TextColumn } from "./table.ts";
export {
  checkTable,
  createTable,
  getColumn,
  isOnGrid,
  numberColumnNames,
  oneHot,
  refuseInfinite,
  selectColumns,
  takeTableRows,
} from "./table.ts";
export { takeColumns } from "./take-columns.ts";
export type { BlobsOptions } from "./toy/blobs.ts";
export { blobs } from "./toy/blobs.ts";
export type { ConditionalMoonsOptions, ConditionalToyDataset } from "./toy/conditional-moons.ts";
export { conditionalMoons } from "./toy/conditional-moons.ts";
export type { CorrelatedGaussianOptions } from "./toy/correlated-gaussian.ts";
export { correlatedGaussian } from "./toy/correlated-gaussian.ts";
export type { ToyDataset } from "./toy/toy-dataset.ts";
export type { ToyDatasetName } from "./toy/toy-datasets.ts";
export { toyDataset, toyDatasetNames } from "./toy/toy-datasets.ts";
