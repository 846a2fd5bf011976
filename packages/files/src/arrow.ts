export { readArrow } from "./arrow/arrow-file.ts";
export { writeArrow } from "./arrow/write-arrow.ts";
