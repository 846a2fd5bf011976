export type { CsvSource } from "./csv/read-csv.ts";
export { readCsv } from "./csv/read-csv.ts";
export { writeCsv } from "./csv/write-csv.ts";
