export type { AttentionEncoderOptions } from "./attention-encoder.ts";
export { AttentionEncoder, attentionEncoderCodec } from "./attention-encoder.ts";
export { Classifier } from "./classifier.ts";
export {
  classifierCodec,
  conditionersCodecs,
  convNetCodec,
  madeCodec,
  mlpCodec,
  periodicCodec,
  residualMlpCodec,
  taperedCodec,
} from "./codecs.ts";
export type { ConditionerLayout } from "./conditioner-layout.ts";
export type { ConvEncoderOptions } from "./conv-encoder.ts";
export { ConvEncoder, convEncoderCodec } from "./conv-encoder.ts";
export type { ConvNetOptions } from "./conv-net.ts";
export { ConvNet } from "./conv-net.ts";
export type { DeepSetOptions } from "./deep-set.ts";
export { DeepSet, deepSetCodec } from "./deep-set.ts";
export { DenseLayer } from "./dense-layers.ts";
export type { MlpOptions } from "./dense-network.ts";
export type { Adjacency } from "./dependency-graph.ts";
export type { MadeOptions } from "./made.ts";
export { Made } from "./made.ts";
export type { MissingMaskOptions } from "./missing-mask.ts";
export { MissingMask, missingMaskCodec } from "./missing-mask.ts";
export { Mlp } from "./mlp.ts";
export type { PeriodicOptions } from "./periodic.ts";
export { Periodic } from "./periodic.ts";
export { ResidualMlp } from "./residual-mlp.ts";
export type { SetLayout } from "./set-elements.ts";
export type { TaperedOptions } from "./tapered.ts";
export { Tapered } from "./tapered.ts";
