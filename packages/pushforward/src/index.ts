export * from "@pushforward/auto";
export * from "@pushforward/backend";
export * from "@pushforward/conditioners";
export * from "@pushforward/core";
export * from "@pushforward/datasets";
export * from "@pushforward/diagnostics";
export * from "@pushforward/distributions";
export {
  Independent as IndependentDistribution,
  independent as independentDistribution,
  independentCodec as independentDistributionCodec,
} from "@pushforward/distributions";
export * from "@pushforward/flows";
export * from "@pushforward/inference";
export * from "@pushforward/interop";
/** Tensor operations that TensorFlow.js lacks or gets wrong. */
export * as ops from "@pushforward/ops";
export * from "@pushforward/plots";
export * from "@pushforward/serialization";
export * from "@pushforward/tables";
// Serialization stores what training makes.
export type { Checkpoint } from "@pushforward/training";
export * from "@pushforward/training";
export * from "@pushforward/transforms";
// Both transforms and distributions have these; the bijection keeps the short name.
export { Independent, independent, independentCodec } from "@pushforward/transforms";
export { memory, tidy } from "@tensorflow/tfjs-core";
export { describe } from "./describe.ts";
export { standardRegistry } from "./standard-registry.ts";
