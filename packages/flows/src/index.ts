export type {
  ArchitectureOptions,
  ConditionalOptions,
  MaybeConditionalOptions,
  Standardization,
  UnconditionalOptions,
} from "./architecture.ts";
export { assembleFlow } from "./architecture.ts";
export type { ArchitectureInfo } from "./architecture-info.ts";
export type { ArchitectureName } from "./architectures.ts";
export { architectureNames, architectures } from "./architectures.ts";
export type { AutoregressiveOptions, Orientation } from "./autoregressive.ts";
export { Autoregressive } from "./autoregressive.ts";
export type { AutoregressiveArchitectureOptions, AutoregressiveStyle } from "./autoregressive-layers.ts";
export { autoregressiveLayers } from "./autoregressive-layers.ts";
export type { BnafOptions } from "./bnaf.ts";
export { bnaf } from "./bnaf.ts";
export type { BpfOptions } from "./bpf.ts";
export { bpf } from "./bpf.ts";
export type { CnfOptions } from "./cnf.ts";
export { cnf } from "./cnf.ts";
export { flowsCodecs } from "./codecs.ts";
export {
  autoregressiveCodec,
  conditionalFlowCodec,
  couplingCodec,
  elementwiseCodec,
  flowCodec,
} from "./common-codecs.ts";
export type { CreateFlowOptions, FlowFactory } from "./common-factories.ts";
export type { ConditionalFlowOptions } from "./conditional-flow.ts";
export { ConditionalFlow } from "./conditional-flow.ts";
export type { ContinuousOptions } from "./continuous/continuous.ts";
export { Continuous, continuousCodec } from "./continuous/continuous.ts";
export type { FlowMatchingBatch, FlowMatchingOptions } from "./continuous/flow-matching.ts";
export { flowMatching } from "./continuous/flow-matching.ts";
export type { SolverOptions } from "./continuous/integrate.ts";
export type { VelocityField } from "./continuous/velocity-field.ts";
export { isVelocityField } from "./continuous/velocity-field.ts";
export type { VelocityNetworkOptions } from "./continuous/velocity-network.ts";
export { VelocityNetwork, velocityNetworkCodec } from "./continuous/velocity-network.ts";
export type { CouplingOptions } from "./coupling.ts";
export { Coupling } from "./coupling.ts";
export type { CouplingArchitectureOptions, CouplingMasks, CouplingStyle } from "./coupling-layers.ts";
export { couplingLayers } from "./coupling-layers.ts";
export { createFlow } from "./create-flow.ts";
export type { ElementwiseOptions } from "./elementwise.ts";
export { Elementwise } from "./elementwise.ts";
export type { EmbedContextOptions } from "./embed-context.ts";
export { EmbedContext, embedContext, embedContextCodec } from "./embed-context.ts";
export type { EmbeddedContextOptions } from "./embedded-context.ts";
export { EmbeddedContext, embeddedContextCodec } from "./embedded-context.ts";
export { Flow } from "./flow.ts";
export type { FreeArchitectureOptions, FreeStyle } from "./free-layers.ts";
export { freeLayers } from "./free-layers.ts";
export type { GfOptions } from "./gf.ts";
export { gf } from "./gf.ts";
export type { CategoricalHeadOptions } from "./heads/categorical-head.ts";
export { CategoricalHead, categoricalHeadCodec } from "./heads/categorical-head.ts";
export type { DistributionHead } from "./heads/distribution-head.ts";
export type { DistributionNetworkOptions, HeadNetworkOptions } from "./heads/distribution-network.ts";
export { DistributionNetwork, distributionNetwork, distributionNetworkCodec } from "./heads/distribution-network.ts";
export type { UnivariateHeadName, UnivariateHeadOptions } from "./heads/univariate-head.ts";
export { UnivariateHead, univariateHeadCodec } from "./heads/univariate-head.ts";
export type { SplitFlow } from "./host-rows.ts";
export { logProbRows, sampleRows, splitStandardization } from "./host-rows.ts";
export type { IafOptions } from "./iaf.ts";
export { iaf } from "./iaf.ts";
export type { BitsPerDimensionOptions } from "./images/bits-per-dimension.ts";
export { bitsPerDimension } from "./images/bits-per-dimension.ts";
export type { DequantizedOptions } from "./images/dequantized.ts";
export { Dequantized, dequantizedCodec } from "./images/dequantized.ts";
export type { GlowOptions } from "./images/glow.ts";
export { glow } from "./images/glow.ts";
export { loadArchitecture } from "./load-architecture.ts";
export type { MafOptions } from "./maf.ts";
export { maf } from "./maf.ts";
export type { MixtureDensityNetworkOptions, MixtureDensitySizes } from "./mixture-density-network.ts";
export {
  MixtureDensityNetwork,
  mixtureDensityNetworkCodec,
  mixtureDensityOutputSize,
} from "./mixture-density-network.ts";
export type { NafOptions } from "./naf.ts";
export { naf } from "./naf.ts";
export type { NcsfOptions } from "./ncsf.ts";
export { ncsf } from "./ncsf.ts";
export { nice } from "./nice.ts";
export type { NsfOptions } from "./nsf.ts";
export { nsf } from "./nsf.ts";
export type { PlanarFlowOptions } from "./planar.ts";
export { planar } from "./planar.ts";
export type { RadialFlowOptions } from "./radial.ts";
export { radial } from "./radial.ts";
export type { RealNvpOptions } from "./real-nvp.ts";
export { realNvp } from "./real-nvp.ts";
export type { ResidualFlowOptions } from "./residual-flow.ts";
export { residualFlow } from "./residual-flow.ts";
export type { SospfOptions } from "./sospf.ts";
export { sospf } from "./sospf.ts";
export type { SphereFlowOptions } from "./sphere-flow.ts";
export { sphereFlow } from "./sphere-flow.ts";
export type { SylvesterFlowOptions } from "./sylvester.ts";
export { sylvester } from "./sylvester.ts";
export type { UnafOptions } from "./unaf.ts";
export { unaf } from "./unaf.ts";
