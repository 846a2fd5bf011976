import { csvName } from "../shared/csv-name.ts";
import type { Settings } from "../shared/settings.ts";
import { readingOptions } from "./reading-options.ts";
import { shellWord } from "./shell-word.ts";

/** How a file is read, as flags of the command line. */
export function readingFlags(settings: Settings): string[] {
  const { encoding, header, missingValues } = readingOptions(settings);
  return [
    ...(missingValues === undefined ? [] : [`--na ${shellWord(settings.na.map(csvName).join(","))}`]),
    ...(header === undefined ? [] : [header ? "--header" : "--no-header"]),
    ...(encoding === undefined ? [] : [`--encoding ${encoding}`]),
  ];
}

/** How a file is read, as entries of options in TypeScript. */
export function readingEntries(settings: Settings): string[] {
  const { encoding, header, missingValues } = readingOptions(settings);
  const markers = settings.na.map((marker) => JSON.stringify(marker)).join(", ");
  return [
    ...(missingValues === undefined ? [] : [`missingValues: [...MISSING_VALUES, ${markers}]`]),
    ...(header === undefined ? [] : [`header: ${header}`]),
    ...(encoding === undefined ? [] : [`encoding: ${JSON.stringify(encoding)}`]),
  ];
}
