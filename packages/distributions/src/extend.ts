export { distributionsCodecs } from "./codecs.ts";
export { commonDistributionsCodecs } from "./common-codecs.ts";
export { IndependentDistribution, independentDistribution } from "./independent.ts";
export { Joint } from "./joint.ts";
export type { CovariancePrior } from "./mixture-fit/covariance-prior.ts";
export type { TriedMixture } from "./mixture-fit/mixture-selection.ts";
export {
  type FitMixtureWeightsOptions,
  type FittedMixtureWeights,
  mixtureWeights,
} from "./mixture-fit/mixture-weights.ts";
export type { GaussianComponentsOptions } from "./mixtures/gaussian-components-options.ts";
export { tracedChoice } from "./mixtures/traced-choice.ts";
export { lowerFactor } from "./normals/lower-factor.ts";
