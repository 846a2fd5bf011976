export { type JointOptions, joint } from "./joint.ts";
export { type KlDivergence, type KlOptions, kl } from "./kl.ts";
export {
  type ConditionalGaussianMixtureFit,
  type ConditionalRows,
  type FitConditionalGaussianMixtureOptions,
  fitConditionalGaussianMixture,
} from "./mixture-fit/fit-conditional-gaussian-mixture.ts";
export { type FitGaussianMixtureOptions, fitGaussianMixture } from "./mixture-fit/fit-gaussian-mixture.ts";
export {
  type ClassGaussianMixtureFit,
  type ClassRows,
  type FitGaussianMixturePerClassOptions,
  fitGaussianMixturePerClass,
} from "./mixture-fit/fit-gaussian-mixture-per-class.ts";
export type { GaussianMixtureFit } from "./mixture-fit/joint-mixture.ts";
export type { MixtureFitOptions, MixtureFitProgress } from "./mixture-fit/mixture-fit-options.ts";
export {
  ConditionalGaussianMixture,
  type ConditionalGaussianMixtureOptions,
} from "./mixtures/conditional-gaussian-mixture.ts";
export { ConditionalMixture, type ConditionalMixtureOptions } from "./mixtures/conditional-mixture.ts";
export { GaussianMixture, type GaussianMixtureOptions } from "./mixtures/gaussian-mixture.ts";
export { GaussianMixturePerClass, type GaussianMixturePerClassOptions } from "./mixtures/gaussian-mixture-per-class.ts";
export { Mixture, type MixtureOptions } from "./mixtures/mixture.ts";
export { DiagonalNormal, type DiagonalNormalOptions } from "./normals/diagonal-normal.ts";
export { MultivariateNormal, type MultivariateNormalOptions } from "./normals/multivariate-normal.ts";
export { MultivariateStudentT, type MultivariateStudentTOptions } from "./normals/multivariate-student-t.ts";
export { StandardNormal, type StandardNormalOptions } from "./normals/standard-normal.ts";
export { Uniform, type UniformOptions } from "./uniform.ts";
export { Bernoulli, type BernoulliOptions } from "./univariate/bernoulli.ts";
export { Beta, type BetaOptions } from "./univariate/beta.ts";
export { Categorical, type CategoricalOptions } from "./univariate/categorical.ts";
export { Cauchy } from "./univariate/cauchy.ts";
export { Exponential, type ExponentialOptions } from "./univariate/exponential.ts";
export { Gamma, type GammaOptions } from "./univariate/gamma.ts";
export { Gumbel } from "./univariate/gumbel.ts";
export { HalfNormal, type HalfNormalOptions } from "./univariate/half-normal.ts";
export { Laplace } from "./univariate/laplace.ts";
export type { LocationScaleOptions } from "./univariate/location-scale-options.ts";
export { LogNormal } from "./univariate/log-normal.ts";
export { Logistic } from "./univariate/logistic.ts";
export { NegativeBinomial, type NegativeBinomialOptions } from "./univariate/negative-binomial.ts";
export { Poisson, type PoissonOptions } from "./univariate/poisson.ts";
export { StudentT, type StudentTOptions } from "./univariate/student-t.ts";
export { TruncatedNormal, type TruncatedNormalOptions } from "./univariate/truncated-normal.ts";
export type { UnivariateStatistics } from "./univariate/univariate-statistics.ts";
export { VonMises, type VonMisesOptions } from "./univariate/von-mises.ts";
export { VonMisesFisher, type VonMisesFisherOptions } from "./von-mises-fisher.ts";
