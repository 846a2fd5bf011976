export { AttentionEncoder, type AttentionEncoderOptions } from "./attention-encoder.ts";
export { DeepSet, type DeepSetOptions, type SetLayout } from "./classifier.ts";
export type { ConditionerLayout } from "./conditioner-layout.ts";
export { ConvEncoder, type ConvEncoderOptions, ConvNet, type ConvNetOptions } from "./conv-encoder.ts";
export { Mlp, type MlpOptions, ResidualMlp, Tapered, type TaperedOptions } from "./dense-network.ts";
export { Made, type MadeOptions } from "./made.ts";
export type { Adjacency } from "./made-degrees.ts";
export { MissingMask, type MissingMaskOptions, Periodic, type PeriodicOptions } from "./missing-mask.ts";
