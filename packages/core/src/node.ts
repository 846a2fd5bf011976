// What needs Node: files, and packages that may be missing.
export { importOptional } from "./files/import-optional.ts";
export { removeAtExit } from "./files/remove-at-exit.ts";
export { replaceFile } from "./files/replace-file.ts";
