export { Classifier } from "./classifier.ts";
export { classifierCodec, conditionersCodecs, madeCodec, mlpCodec, residualMlpCodec } from "./codecs.ts";
export type { ConditionerLayout } from "./conditioner-layout.ts";
export { DenseLayer } from "./dense-layers.ts";
export type { MlpOptions } from "./dense-network.ts";
export type { MadeOptions } from "./made.ts";
export { Made } from "./made.ts";
export { Mlp } from "./mlp.ts";
export { ResidualMlp } from "./residual-mlp.ts";
