export type { CsvSource } from "./read-csv.ts";
export { readCsv } from "./read-csv.ts";
export { writeCsv } from "./write-csv.ts";
