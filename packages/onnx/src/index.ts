export type { ExportOnnxOptions } from "./export-onnx.ts";
export { exportOnnx } from "./export-onnx.ts";
export type { OnnxNoise } from "./noise-columns.ts";
export type { OnnxColumn } from "./tables/table-columns.ts";
