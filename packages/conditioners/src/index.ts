export { Classifier } from "./classifier.ts";
export {
  classifierCodec,
  conditionersCodecs,
  convNetCodec,
  madeCodec,
  mlpCodec,
  periodicCodec,
  residualMlpCodec,
} from "./codecs.ts";
export type { ConditionerLayout } from "./conditioner-layout.ts";
export type { ConvNetOptions } from "./conv-net.ts";
export { ConvNet } from "./conv-net.ts";
export { DenseLayer } from "./dense-layers.ts";
export type { MlpOptions } from "./dense-network.ts";
export type { Adjacency } from "./dependency-graph.ts";
export type { MadeOptions } from "./made.ts";
export { Made } from "./made.ts";
export { Mlp } from "./mlp.ts";
export type { PeriodicOptions } from "./periodic.ts";
export { Periodic } from "./periodic.ts";
export { ResidualMlp } from "./residual-mlp.ts";
