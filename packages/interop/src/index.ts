export type { ExportNflowsOptions } from "./export-nflows.ts";
export { exportNflows } from "./export-nflows.ts";
export type { ExportZukoOptions } from "./export-zuko.ts";
export { exportZuko } from "./export-zuko.ts";
export { importNflows } from "./import-nflows.ts";
export { importZuko } from "./import-zuko.ts";
export type { ImportNflowsOptions } from "./nflows-options.ts";
export type { ReferenceDensity } from "./reference.ts";
export type { ImportZukoOptions } from "./zuko-options.ts";
