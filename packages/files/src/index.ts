export { countParquetRows } from "./parquet/parquet-files.ts";
export { type FoundFormat, findFormat, type TableFormat } from "./reading/find-format.ts";
export {
  expandPattern,
  type OpenTableOptions,
  openQuery,
  openTable,
} from "./reading/open-table.ts";
export { type FileTable, type RowRange, type TableInMemoryOptions, tableInMemory } from "./reading/table-in-memory.ts";
export type { SampledTable, SampleTableOptions } from "./shuffle/sample-table.ts";
export { sampleTable } from "./shuffle/sample-table.ts";
export { ShuffledRows } from "./shuffle/shuffled-rows.ts";
export {
  WRITTEN_ENDS,
  type WriteTableOptions,
  type WrittenFormat,
  writeTable,
  writtenFormat,
} from "./writing/write-table.ts";
