export type { ExportOnnxOptions } from "./export-onnx.ts";
export { exportOnnx } from "./export-onnx.ts";
export type { OnnxColumn } from "./tables/table-columns.ts";
