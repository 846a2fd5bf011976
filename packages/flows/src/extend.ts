export { type Preset, preset } from "./architectures/architecture.ts";
export {
  AUTOREGRESSIVE_OPTIONS,
  type AutoregressiveArchitectureOptions,
  type AutoregressiveStyle,
  autoregressiveLayers,
} from "./architectures/autoregressive-layers.ts";
export {
  COUPLING_OPTIONS,
  type CouplingArchitectureOptions,
  type CouplingMasks,
  type CouplingStyle,
  couplingLayers,
} from "./architectures/coupling-layers.ts";
export { type FreeArchitectureOptions, type FreeStyle, freeLayers } from "./architectures/free-layers.ts";
export { loadArchitecture } from "./architectures/load-architecture.ts";
export { flowsCodecs } from "./codecs.ts";
export { commonFlowsCodecs } from "./common-codecs.ts";
export { EmbedContext } from "./context/embed-context.ts";
export { EmbeddedContext, type EmbeddedContextOptions } from "./context/embedded-context.ts";
export { Continuous, type ContinuousOptions } from "./continuous/continuous.ts";
export type { FlowMatchingBatch } from "./continuous/flow-matching.ts";
export type { SolverOptions } from "./continuous/integrate.ts";
export { isVelocityField, type VelocityField } from "./continuous/velocity-field.ts";
export { VelocityNetwork, type VelocityNetworkOptions } from "./continuous/velocity-network.ts";
export { type FarColumns, farColumns, inTableUnits } from "./far-columns.ts";
export { CategoricalHead, type CategoricalHeadOptions } from "./heads/categorical-head.ts";
export { DistributionNetwork } from "./heads/distribution-network.ts";
export { type MixtureDensitySizes, mixtureDensityOutputSize } from "./heads/mixture-density-network.ts";
export { UnivariateHead, type UnivariateHeadOptions } from "./heads/univariate-head.ts";
export { type SplitFlow, splitStandardization } from "./host-rows.ts";
