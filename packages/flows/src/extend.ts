export { type Preset, preset } from "./architectures/architecture.ts";
export {
  AUTOREGRESSIVE_OPTIONS,
  type AutoregressiveArchitectureOptions,
  type AutoregressiveStyle,
  autoregressiveLayers,
  COUPLING_OPTIONS,
  type CouplingArchitectureOptions,
  type CouplingMasks,
  type CouplingStyle,
  couplingLayers,
  type FreeArchitectureOptions,
  type FreeStyle,
  freeLayers,
} from "./architectures/layers.ts";
export { loadArchitecture } from "./architectures/load-architecture.ts";
export { flowsCodecs } from "./codecs.ts";
export { commonFlowsCodecs } from "./common-codecs.ts";
export { EmbedContext, EmbeddedContext, type EmbeddedContextOptions } from "./context/embedded-context.ts";
export { Continuous, type ContinuousOptions } from "./continuous/continuous.ts";
export type { FlowMatchingBatch } from "./continuous/flow-matching.ts";
export type { SolverOptions } from "./continuous/integrate.ts";
export {
  type VelocityField,
  VelocityNetwork,
  type VelocityNetworkOptions,
} from "./continuous/velocity-network.ts";
export { type FarColumns, farColumns, inTableUnits } from "./far-columns.ts";
export {
  CategoricalHead,
  type CategoricalHeadOptions,
  UnivariateHead,
  type UnivariateHeadOptions,
} from "./heads/distribution-head.ts";
export { DistributionNetwork } from "./heads/distribution-network.ts";
export { type MixtureDensitySizes, mixtureDensityOutputSize } from "./heads/mixture-density-network.ts";
export { type SplitFlow, splitStandardization } from "./host-rows.ts";
