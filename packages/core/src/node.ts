// What needs Node: files, and packages that may be missing.
export { importOptional } from "./files/import-optional.ts";
export { removeAtExit, replaceFile } from "./files/replace-file.ts";
