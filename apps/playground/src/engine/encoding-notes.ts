import type { CsvTable } from "pushforward";
import type { Settings } from "../shared/settings.ts";

/** What a visitor should know of how the bytes of a file were read. */
export function encodingNotes(name: string, encoding: CsvTable["encoding"], settings: Settings): string[] {
  if (encoding !== "windows-1252" || settings.encoding !== "found") return [];
  return [`${name} is not UTF-8, and was read as Windows-1252.`];
}
