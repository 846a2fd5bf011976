export type {
  ArchitectureOptions,
  ConditionalOptions,
  MaybeConditionalOptions,
  Standardization,
  UnconditionalOptions,
} from "./architectures/architecture.ts";
export type { ArchitectureInfo } from "./architectures/architecture-info.ts";
export { type ArchitectureName, architectureNames, architectures } from "./architectures/architectures.ts";
export type { CreateFlowOptions, FlowFactory } from "./architectures/common-factories.ts";
export { createFlow } from "./architectures/create-flow.ts";
export { ConditionalFlow, type ConditionalFlowOptions } from "./conditional-flow.ts";
export { type EmbedContextOptions, embedContext } from "./context/embed-context.ts";
export { type FlowMatchingOptions, flowMatching } from "./continuous/flow-matching.ts";
export { Flow } from "./flow.ts";
export type { DistributionHead } from "./heads/distribution-head.ts";
export type { DistributionNetwork } from "./heads/distribution-network.ts";
export {
  type DistributionNetworkOptions,
  distributionNetwork,
  type HeadNetworkOptions,
} from "./heads/distribution-network.ts";
export { MixtureDensityNetwork, type MixtureDensityNetworkOptions } from "./heads/mixture-density-network.ts";
export type { UnivariateHeadName } from "./heads/univariate-head.ts";
export { logProbRows, sampleRows } from "./host-rows.ts";
export { type BitsPerDimensionOptions, bitsPerDimension } from "./images/bits-per-dimension.ts";
export { Dequantized, type DequantizedOptions } from "./images/dequantized.ts";
export { type GlowOptions, glow } from "./images/glow.ts";
export { type BnafOptions, bnaf } from "./presets/bnaf.ts";
export { type BpfOptions, bpf } from "./presets/bpf.ts";
export { type CnfOptions, cnf } from "./presets/cnf.ts";
export { type GfOptions, gf } from "./presets/gf.ts";
export { type IafOptions, iaf } from "./presets/iaf.ts";
export { type MafOptions, maf } from "./presets/maf.ts";
export { type NafOptions, naf } from "./presets/naf.ts";
export { type NcsfOptions, ncsf } from "./presets/ncsf.ts";
export { nice } from "./presets/nice.ts";
export { type NsfOptions, nsf } from "./presets/nsf.ts";
export { type PlanarFlowOptions, planar } from "./presets/planar.ts";
export { type RadialFlowOptions, radial } from "./presets/radial.ts";
export { type RealNvpOptions, realNvp } from "./presets/real-nvp.ts";
export { type ResidualFlowOptions, residualFlow } from "./presets/residual-flow.ts";
export { type SospfOptions, sospf } from "./presets/sospf.ts";
export { type SphereFlowOptions, sphereFlow } from "./presets/sphere-flow.ts";
export { type SylvesterFlowOptions, sylvester } from "./presets/sylvester.ts";
export { type UnafOptions, unaf } from "./presets/unaf.ts";
export { Autoregressive, type AutoregressiveOptions, type Orientation } from "./schemes/autoregressive.ts";
export { Coupling, type CouplingOptions } from "./schemes/coupling.ts";
export { Elementwise, type ElementwiseOptions } from "./schemes/elementwise.ts";
