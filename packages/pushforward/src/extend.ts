// The names for authors of transforms, distributions, layers and codecs: the union of the packages' `extend.ts`. Those of the
// other packages serve packages and apps alone.
export { anomaliesCodecs } from "@pushforward/anomalies/extend";
export * from "@pushforward/conditioners/extend";
export * from "@pushforward/core/extend";
export * from "@pushforward/distributions/extend";
export * from "@pushforward/flows/extend";
export { inferenceCodecs } from "@pushforward/inference/extend";
/** Tensor operations that TensorFlow.js lacks or gets wrong. */
export * as ops from "@pushforward/ops";
export * from "@pushforward/serialization/extend";
export { tablesCodecs } from "@pushforward/tables/extend";
export * from "@pushforward/transforms/extend";
