export type { ReferenceDensity } from "./file/tensor-file.ts";
export { type ExportNflowsOptions, exportNflows, importNflows } from "./nflows/nflows.ts";
export { type ImportNflowsOptions, nflowsMaf, nflowsNsf, nflowsRealNvp } from "./nflows/nflows-architectures.ts";
export { type NflowsLinearOptions, nflowsLinear } from "./nflows/spline-kinds.ts";
export { type ExportZukoOptions, exportZuko, importZuko } from "./zuko/zuko.ts";
export { type ImportZukoOptions, type ZukoNsfOptions, zukoMaf, zukoNsf, zukoRealNvp } from "./zuko/zuko-families.ts";
