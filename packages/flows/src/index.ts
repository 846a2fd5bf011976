export type {
  ArchitectureOptions,
  ConditionalOptions,
  MaybeConditionalOptions,
  Standardization,
  UnconditionalOptions,
} from "./architectures/architecture.ts";
export {
  type ArchitectureInfo,
  type ArchitectureName,
  architectureNames,
  architectures,
} from "./architectures/architectures.ts";
export type { CreateFlowOptions, FlowFactory } from "./architectures/common-factories.ts";
export { createFlow } from "./architectures/create-flow.ts";
export { ConditionalFlow, type ConditionalFlowOptions } from "./conditional-flow.ts";
export { type EmbedContextOptions, embedContext } from "./context/embedded-context.ts";
export { type FlowMatchingOptions, flowMatching } from "./continuous/flow-matching.ts";
export { Flow } from "./flow.ts";
export type { DistributionHead, UnivariateHeadName } from "./heads/distribution-head.ts";
export type { DistributionNetwork } from "./heads/distribution-network.ts";
export {
  type DistributionNetworkOptions,
  distributionNetwork,
  type HeadNetworkOptions,
} from "./heads/distribution-network.ts";
export { MixtureDensityNetwork, type MixtureDensityNetworkOptions } from "./heads/mixture-density-network.ts";
export { logProbRows, sampleRows } from "./host-rows.ts";
export {
  type BitsPerDimensionOptions,
  bitsPerDimension,
  Dequantized,
  type DequantizedOptions,
} from "./images/dequantized.ts";
export { type GlowOptions, glow } from "./images/glow.ts";
export {
  type BpfOptions,
  bpf,
  type NafOptions,
  type NcsfOptions,
  naf,
  ncsf,
  type SospfOptions,
  sospf,
  type UnafOptions,
  unaf,
} from "./presets/autoregressive.ts";
export { type CnfOptions, cnf } from "./presets/cnf.ts";
export {
  type IafOptions,
  iaf,
  type MafOptions,
  maf,
  type NsfOptions,
  nice,
  nsf,
  type RealNvpOptions,
  realNvp,
} from "./presets/common.ts";
export {
  type BnafOptions,
  bnaf,
  type PlanarFlowOptions,
  planar,
  type RadialFlowOptions,
  type ResidualFlowOptions,
  radial,
  residualFlow,
  type SylvesterFlowOptions,
  sylvester,
} from "./presets/free.ts";
export { type GfOptions, gf, type SphereFlowOptions, sphereFlow } from "./presets/gf.ts";
export { Autoregressive, type AutoregressiveOptions, type Orientation } from "./schemes/autoregressive.ts";
export { Coupling, type CouplingOptions } from "./schemes/coupling.ts";
export { Elementwise, type ElementwiseOptions } from "./schemes/elementwise.ts";
