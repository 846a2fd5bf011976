import { type CsvOptions, MISSING_VALUES } from "pushforward";
import type { Settings } from "../shared/settings.ts";

/** How the reader of CSV files takes what settings say of a file. */
export function readingOptions({ data, encoding, header, na }: Settings): CsvOptions {
  // A table of the library is read as it is.
  if (data !== "file") return {};
  return {
    ...(encoding !== "found" && { encoding }),
    ...(header !== "found" && { header: header === "names" }),
    ...(na.length > 0 && { missingValues: [...MISSING_VALUES, ...na] }),
  };
}
