// One line for each file of cases of flows: the laws of distributions run for all of them.
export * from "./architecture-layers.ts";
export * from "./conditional-flow.ts";
export * from "./create-flow.ts";
export * from "./embedded-context.ts";
export * from "./flow.ts";
export * from "./free-layers.ts";
export * from "./iaf.ts";
export * from "./maf.ts";
export * from "./mixture.ts";
export * from "./mixture-density-network.ts";
export * from "./naf.ts";
export * from "./nice.ts";
export * from "./nsf.ts";
export * from "./planar.ts";
export * from "./radial.ts";
export * from "./real-nvp.ts";
export * from "./sylvester.ts";
