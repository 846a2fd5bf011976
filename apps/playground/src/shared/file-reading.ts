import type { CsvTable } from "pushforward";

/** How the visitor says that a file is to be read; what is not said is found. */
export interface FileReading {
  readonly encoding: "found" | "utf-8" | "windows-1252";
  /** Whether the first line has the names of the columns. `found` takes it for names, and refuses numbers. */
  readonly header: "found" | "names" | "none";
  /** What marks a missing value besides the usual markers. */
  readonly na: readonly string[];
}

/** Nothing is said: all is found. */
export const FOUND: FileReading = { encoding: "found", header: "found", na: [] };

/** How a file was read. */
export interface FoundReading {
  readonly encoding: NonNullable<CsvTable["encoding"]>;
  /** What marks missing cells in it, an empty text for empty ones; undefined where it was not looked for. */
  readonly missing?: readonly string[];
}
