export { distributionsCodecs } from "./codecs.ts";
export { commonDistributionsCodecs } from "./common-codecs.ts";
export { IndependentDistribution, independentDistribution, Joint } from "./independent.ts";
export type { CovariancePrior } from "./mixture-fit/expectation-maximization.ts";
export type { TriedMixture } from "./mixture-fit/mixture-fit-options.ts";
export {
  type FitMixtureWeightsOptions,
  type FittedMixtureWeights,
  mixtureWeights,
} from "./mixture-fit/mixture-weights.ts";
export type { GaussianComponentsOptions } from "./mixtures/gaussian-components.ts";
export { tracedChoice } from "./mixtures/mixture-weights.ts";
export { lowerFactor } from "./normals/multivariate-normal.ts";
