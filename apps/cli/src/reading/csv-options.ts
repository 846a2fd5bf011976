import { type CsvOptions, MISSING_VALUES } from "pushforward";
import type { ReadOptions } from "../options/read-options.ts";

/** The options as the reader of CSV files takes them. */
export function csvOptionsOf({ na, header, delimiter, decimal, encoding }: ReadOptions): CsvOptions {
  return { missingValues: na && [...MISSING_VALUES, ...na], header, delimiter, decimal, encoding };
}
