// The names for users: the union of the packages' `index.ts`. `extend.ts` has those for authors; inference, diagnostics,
// interop and plots have entries of their own.
export * from "@pushforward/anomalies";
export * from "@pushforward/auto";
export * from "@pushforward/backend";
export * from "@pushforward/columns";
export * from "@pushforward/conditioners";
export * from "@pushforward/core";
export * from "@pushforward/datasets";
export * from "@pushforward/distributions";
export * from "@pushforward/flows";
export * from "@pushforward/questions";
export * from "@pushforward/serialization";
export * from "@pushforward/tables";
export * from "@pushforward/training";
export * from "@pushforward/transforms";
// These take the place of the packages' functions of the same names: with all built-in types, and with workers.
export { describeModel, standardRegistry } from "./describe-model.ts";
export { lazyRegistry } from "./lazy-registry.ts";
export { fitTable, fitTableDensity, fitTableDensityEvents, fitTableEvents } from "./tables-with-workers.ts";
export { columnWorkers } from "./workers/column-workers.ts";
