export { distributionsCodecs } from "./codecs.ts";
export type { ConditionalGaussianMixtureOptions } from "./conditional-gaussian-mixture.ts";
export { ConditionalGaussianMixture, conditionalGaussianMixtureCodec } from "./conditional-gaussian-mixture.ts";
export type { ConditionalMixtureOptions } from "./conditional-mixture.ts";
export { ConditionalMixture, conditionalMixtureCodec } from "./conditional-mixture.ts";
export type { CovariancePrior } from "./covariance-prior.ts";
export type { DiagonalNormalOptions } from "./diagonal-normal.ts";
export { DiagonalNormal, diagonalNormalCodec } from "./diagonal-normal.ts";
export type {
  ConditionalGaussianMixtureFit,
  ConditionalRows,
  FitConditionalGaussianMixtureOptions,
} from "./fit-conditional-gaussian-mixture.ts";
export { fitConditionalGaussianMixture } from "./fit-conditional-gaussian-mixture.ts";
export type { FitGaussianMixtureOptions } from "./fit-gaussian-mixture.ts";
export { fitGaussianMixture } from "./fit-gaussian-mixture.ts";
export type {
  ClassGaussianMixtureFit,
  ClassRows,
  FitGaussianMixturePerClassOptions,
} from "./fit-gaussian-mixture-per-class.ts";
export { fitGaussianMixturePerClass } from "./fit-gaussian-mixture-per-class.ts";
export type { FitMixtureWeightsOptions, FittedMixtureWeights } from "./fit-mixture-weights.ts";
export { fitMixtureWeights } from "./fit-mixture-weights.ts";
export type { GaussianMixtureOptions } from "./gaussian-mixture.ts";
export { GaussianMixture, gaussianMixtureCodec } from "./gaussian-mixture.ts";
export type { GaussianMixturePerClassOptions } from "./gaussian-mixture-per-class.ts";
export { GaussianMixturePerClass, gaussianMixturePerClassCodec } from "./gaussian-mixture-per-class.ts";
export type { GaussianComponentsOptions } from "./gaussian-options.ts";
export { Independent, independent, independentCodec } from "./independent.ts";
export type { GaussianMixtureFit } from "./joint-mixture.ts";
export type { MixtureOptions } from "./mixture.ts";
export { Mixture, mixtureCodec } from "./mixture.ts";
export type { MixtureFitOptions, MixtureFitProgress } from "./mixture-fit-options.ts";
export type { MixtureNumbers } from "./mixture-numbers.ts";
export type { TriedMixture } from "./mixture-selection.ts";
export type { MultivariateNormalOptions } from "./multivariate-normal.ts";
export { MultivariateNormal, multivariateNormalCodec } from "./multivariate-normal.ts";
export type { MultivariateStudentTOptions } from "./multivariate-student-t.ts";
export { MultivariateStudentT, multivariateStudentTCodec } from "./multivariate-student-t.ts";
export type { StandardNormalOptions } from "./standard-normal.ts";
export { StandardNormal, standardNormalCodec } from "./standard-normal.ts";
export type { UniformOptions } from "./uniform.ts";
export { Uniform, uniformCodec } from "./uniform.ts";
