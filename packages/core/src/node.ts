// What needs Node: files.
export { replaceFile } from "./files/replace-file.ts";
