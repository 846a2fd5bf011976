export { type ExportOnnxOptions, exportOnnx } from "./export-onnx.ts";
export type { OnnxNoise } from "./noise-columns.ts";
export type { OnnxColumn } from "./tables/code-cells.ts";
