export { writeCsv } from "./csv/format-csv.ts";
export { type CsvSource, readCsv } from "./csv/parse-csv.ts";
