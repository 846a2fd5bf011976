export { readArrow } from "./arrow/read-arrow.ts";
export { writeArrow } from "./arrow/write-arrow.ts";
