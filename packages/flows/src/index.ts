export type {
  ArchitectureOptions,
  ConditionalOptions,
  MaybeConditionalOptions,
  Standardization,
  UnconditionalOptions,
} from "./architectures/architecture.ts";
export { assembleFlow } from "./architectures/architecture.ts";
export type { ArchitectureInfo } from "./architectures/architecture-info.ts";
export type { ArchitectureName } from "./architectures/architectures.ts";
export { architectureNames, architectures } from "./architectures/architectures.ts";
export type { AutoregressiveArchitectureOptions, AutoregressiveStyle } from "./architectures/autoregressive-layers.ts";
export { autoregressiveLayers } from "./architectures/autoregressive-layers.ts";
export type { CreateFlowOptions, FlowFactory } from "./architectures/common-factories.ts";
export type { CouplingArchitectureOptions, CouplingMasks, CouplingStyle } from "./architectures/coupling-layers.ts";
export { couplingLayers } from "./architectures/coupling-layers.ts";
export { createFlow } from "./architectures/create-flow.ts";
export type { FreeArchitectureOptions, FreeStyle } from "./architectures/free-layers.ts";
export { freeLayers } from "./architectures/free-layers.ts";
export { loadArchitecture } from "./architectures/load-architecture.ts";
export { flowsCodecs } from "./codecs.ts";
export {
  autoregressiveCodec,
  conditionalFlowCodec,
  couplingCodec,
  elementwiseCodec,
  flowCodec,
} from "./common-codecs.ts";
export type { ConditionalFlowOptions } from "./conditional-flow.ts";
export { ConditionalFlow } from "./conditional-flow.ts";
export type { EmbedContextOptions } from "./context/embed-context.ts";
export { EmbedContext, embedContext, embedContextCodec } from "./context/embed-context.ts";
export type { EmbeddedContextOptions } from "./context/embedded-context.ts";
export { EmbeddedContext, embeddedContextCodec } from "./context/embedded-context.ts";
export type { ContinuousOptions } from "./continuous/continuous.ts";
export { Continuous, continuousCodec } from "./continuous/continuous.ts";
export type { FlowMatchingBatch, FlowMatchingOptions } from "./continuous/flow-matching.ts";
export { flowMatching } from "./continuous/flow-matching.ts";
export type { SolverOptions } from "./continuous/integrate.ts";
export type { VelocityField } from "./continuous/velocity-field.ts";
export { isVelocityField } from "./continuous/velocity-field.ts";
export type { VelocityNetworkOptions } from "./continuous/velocity-network.ts";
export { VelocityNetwork, velocityNetworkCodec } from "./continuous/velocity-network.ts";
export { type FarColumns, farColumns, inTableUnits } from "./far-columns.ts";
export { Flow } from "./flow.ts";
export type { CategoricalHeadOptions } from "./heads/categorical-head.ts";
export { CategoricalHead, categoricalHeadCodec } from "./heads/categorical-head.ts";
export type { DistributionHead } from "./heads/distribution-head.ts";
export type { DistributionNetworkOptions, HeadNetworkOptions } from "./heads/distribution-network.ts";
export { DistributionNetwork, distributionNetwork, distributionNetworkCodec } from "./heads/distribution-network.ts";
export type { MixtureDensityNetworkOptions, MixtureDensitySizes } from "./heads/mixture-density-network.ts";
export {
  MixtureDensityNetwork,
  mixtureDensityNetworkCodec,
  mixtureDensityOutputSize,
} from "./heads/mixture-density-network.ts";
export type { UnivariateHeadName, UnivariateHeadOptions } from "./heads/univariate-head.ts";
export { UnivariateHead, univariateHeadCodec } from "./heads/univariate-head.ts";
export type { SplitFlow } from "./host-rows.ts";
export { logProbRows, sampleRows, splitStandardization } from "./host-rows.ts";
export type { BitsPerDimensionOptions } from "./images/bits-per-dimension.ts";
export { bitsPerDimension } from "./images/bits-per-dimension.ts";
export type { DequantizedOptions } from "./images/dequantized.ts";
export { Dequantized, dequantizedCodec } from "./images/dequantized.ts";
export type { GlowOptions } from "./images/glow.ts";
export { glow } from "./images/glow.ts";
export type { BnafOptions } from "./presets/bnaf.ts";
export { bnaf } from "./presets/bnaf.ts";
export type { BpfOptions } from "./presets/bpf.ts";
export { bpf } from "./presets/bpf.ts";
export type { CnfOptions } from "./presets/cnf.ts";
export { cnf } from "./presets/cnf.ts";
export type { GfOptions } from "./presets/gf.ts";
export { gf } from "./presets/gf.ts";
export type { IafOptions } from "./presets/iaf.ts";
export { iaf } from "./presets/iaf.ts";
export type { MafOptions } from "./presets/maf.ts";
export { maf } from "./presets/maf.ts";
export type { NafOptions } from "./presets/naf.ts";
export { naf } from "./presets/naf.ts";
export type { NcsfOptions } from "./presets/ncsf.ts";
export { ncsf } from "./presets/ncsf.ts";
export { nice } from "./presets/nice.ts";
export type { NsfOptions } from "./presets/nsf.ts";
export { nsf } from "./presets/nsf.ts";
export type { PlanarFlowOptions } from "./presets/planar.ts";
export { planar } from "./presets/planar.ts";
export type { RadialFlowOptions } from "./presets/radial.ts";
export { radial } from "./presets/radial.ts";
export type { RealNvpOptions } from "./presets/real-nvp.ts";
export { realNvp } from "./presets/real-nvp.ts";
export type { ResidualFlowOptions } from "./presets/residual-flow.ts";
export { residualFlow } from "./presets/residual-flow.ts";
export type { SospfOptions } from "./presets/sospf.ts";
export { sospf } from "./presets/sospf.ts";
export type { SphereFlowOptions } from "./presets/sphere-flow.ts";
export { sphereFlow } from "./presets/sphere-flow.ts";
export type { SylvesterFlowOptions } from "./presets/sylvester.ts";
export { sylvester } from "./presets/sylvester.ts";
export type { UnafOptions } from "./presets/unaf.ts";
export { unaf } from "./presets/unaf.ts";
export type { AutoregressiveOptions, Orientation } from "./schemes/autoregressive.ts";
export { Autoregressive } from "./schemes/autoregressive.ts";
export type { CouplingOptions } from "./schemes/coupling.ts";
export { Coupling } from "./schemes/coupling.ts";
export type { ElementwiseOptions } from "./schemes/elementwise.ts";
export { Elementwise } from "./schemes/elementwise.ts";
