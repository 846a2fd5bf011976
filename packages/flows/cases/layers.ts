// One line for each file of cases of layers: the laws of bijections run for all of them.
export * from "./autoregressive.ts";
export * from "./chain.ts";
export * from "./continuous.ts";
export * from "./coupling.ts";
export * from "./elementwise.ts";
export * from "./embed-context.ts";
