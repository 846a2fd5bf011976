export type { MixtureNumbers } from "@pushforward/core/plain";
export { invertLower } from "@pushforward/core/plain";
export { distributionsCodecs } from "./codecs.ts";
export { Independent, independent, independentCodec } from "./independent.ts";
export type { JointOptions } from "./joint.ts";
export { Joint, joint, jointCodec } from "./joint.ts";
export type { KlDivergence, KlOptions } from "./kl.ts";
export { kl } from "./kl.ts";
export type { CovariancePrior } from "./mixture-fit/covariance-prior.ts";
export type {
  ConditionalGaussianMixtureFit,
  ConditionalRows,
  FitConditionalGaussianMixtureOptions,
} from "./mixture-fit/fit-conditional-gaussian-mixture.ts";
export { fitConditionalGaussianMixture } from "./mixture-fit/fit-conditional-gaussian-mixture.ts";
export type { FitGaussianMixtureOptions } from "./mixture-fit/fit-gaussian-mixture.ts";
export { fitGaussianMixture } from "./mixture-fit/fit-gaussian-mixture.ts";
export type {
  ClassGaussianMixtureFit,
  ClassRows,
  FitGaussianMixturePerClassOptions,
} from "./mixture-fit/fit-gaussian-mixture-per-class.ts";
export { fitGaussianMixturePerClass } from "./mixture-fit/fit-gaussian-mixture-per-class.ts";
export type { FitMixtureWeightsOptions, FittedMixtureWeights } from "./mixture-fit/fit-mixture-weights.ts";
export { fitMixtureWeights } from "./mixture-fit/fit-mixture-weights.ts";
export type { GaussianMixtureFit } from "./mixture-fit/joint-mixture.ts";
export type { MixtureFitOptions, MixtureFitProgress } from "./mixture-fit/mixture-fit-options.ts";
export type { TriedMixture } from "./mixture-fit/mixture-selection.ts";
export type { ConditionalGaussianMixtureOptions } from "./mixtures/conditional-gaussian-mixture.ts";
export {
  ConditionalGaussianMixture,
  conditionalGaussianMixtureCodec,
} from "./mixtures/conditional-gaussian-mixture.ts";
export type { ConditionalMixtureOptions } from "./mixtures/conditional-mixture.ts";
export { ConditionalMixture, conditionalMixtureCodec } from "./mixtures/conditional-mixture.ts";
export type { GaussianComponentsOptions } from "./mixtures/gaussian-components-options.ts";
export type { GaussianMixtureOptions } from "./mixtures/gaussian-mixture.ts";
export { GaussianMixture, gaussianMixtureCodec } from "./mixtures/gaussian-mixture.ts";
export type { GaussianMixturePerClassOptions } from "./mixtures/gaussian-mixture-per-class.ts";
export { GaussianMixturePerClass, gaussianMixturePerClassCodec } from "./mixtures/gaussian-mixture-per-class.ts";
export type { MixtureOptions } from "./mixtures/mixture.ts";
export { Mixture, mixtureCodec } from "./mixtures/mixture.ts";
export { tracedChoice } from "./mixtures/traced-choice.ts";
export type { DiagonalNormalOptions } from "./normals/diagonal-normal.ts";
export { DiagonalNormal, diagonalNormalCodec } from "./normals/diagonal-normal.ts";
export { lowerFactor } from "./normals/lower-factor.ts";
export type { MultivariateNormalOptions } from "./normals/multivariate-normal.ts";
export { MultivariateNormal, multivariateNormalCodec } from "./normals/multivariate-normal.ts";
export type { MultivariateStudentTOptions } from "./normals/multivariate-student-t.ts";
export { MultivariateStudentT, multivariateStudentTCodec } from "./normals/multivariate-student-t.ts";
export type { StandardNormalOptions } from "./normals/standard-normal.ts";
export { StandardNormal, standardNormalCodec } from "./normals/standard-normal.ts";
export type { UniformOptions } from "./uniform.ts";
export { Uniform, uniformCodec } from "./uniform.ts";
export type { LocationScaleOptions } from "./univariate/location-scale-options.ts";
export type { UnivariateStatistics } from "./univariate/univariate-statistics.ts";
export * from "./univariate/univariates.ts";
export type { VonMisesFisherOptions } from "./von-mises-fisher.ts";
export { VonMisesFisher, vonMisesFisherCodec } from "./von-mises-fisher.ts";
