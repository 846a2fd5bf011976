import type { CsvTable } from "pushforward";

/** What a visitor should know of how the bytes of a file were read. */
export function encodingNotes(name: string, encoding: CsvTable["encoding"]): string[] {
  return encoding === "windows-1252" ? [`${name} is not UTF-8, and was read as Windows-1252.`] : [];
}
