export { expandPattern } from "./reading/expand-pattern.ts";
export type { FileTable } from "./reading/file-table.ts";
export type { OpenTableOptions } from "./reading/open-table.ts";
export { openQuery, openTable } from "./reading/open-table.ts";
export type { WriteTableOptions } from "./writing/write-table.ts";
export { writeTable } from "./writing/write-table.ts";
export type { WrittenFormat } from "./writing/written-format.ts";
export { writtenFormat } from "./writing/written-format.ts";
