export type { ImportNflowsOptions } from "./nflows-options.ts";
export type { ReferenceDensity } from "./reference.ts";
export type { ImportZukoOptions } from "./zuko-options.ts";
