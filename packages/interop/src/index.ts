export { importNflows } from "./import-nflows.ts";
export { importZuko } from "./import-zuko.ts";
export type { ImportNflowsOptions } from "./nflows-options.ts";
export type { ReferenceDensity } from "./reference.ts";
export type { ImportZukoOptions } from "./zuko-options.ts";
