export { type ColumnStatistics, columnStatistics, standardize } from "./column-statistics.ts";
export type { CsvOptions, CsvTable } from "./csv/csv-options.ts";
export { MISSING_VALUES } from "./csv/csv-options.ts";
export { type FormatCsvOptions, formatCsv } from "./csv/format-csv.ts";
export { type CsvChunkOptions, csvChunks, parseCsv } from "./csv/parse-csv.ts";
export { earthquakes, penguins } from "./examples.ts";
export { type Split, type SplitOptions, splitData, takeRows } from "./split.ts";
export {
  type Column,
  type ColumnKind,
  type NumberColumn,
  type OneHot,
  oneHot,
  selectColumns,
  type Table,
  type TextColumn,
} from "./tables.ts";
export { type ConditionalMoonsOptions, type ConditionalToyDataset, conditionalMoons } from "./toy/conditional-moons.ts";
export { type BlobsOptions, blobs, type CorrelatedGaussianOptions, correlatedGaussian } from "./toy/mixtures.ts";
export type { ToyDataset } from "./toy/toy-dataset.ts";
export { type ToyDatasetName, toyDataset, toyDatasetNames } from "./toy/toy-datasets.ts";
