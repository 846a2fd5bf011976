export { type JointOptions, joint } from "./independent.ts";
export { type KlDivergence, type KlOptions, kl } from "./kl.ts";
export {
  type ConditionalGaussianMixtureFit,
  type ConditionalRows,
  type FitConditionalGaussianMixtureOptions,
  fitConditionalGaussianMixture,
  type GaussianMixtureFit,
} from "./mixture-fit/fit-conditional-gaussian-mixture.ts";
export { type FitGaussianMixtureOptions, fitGaussianMixture } from "./mixture-fit/fit-gaussian-mixture.ts";
export {
  type ClassGaussianMixtureFit,
  type ClassRows,
  type FitGaussianMixturePerClassOptions,
  fitGaussianMixturePerClass,
} from "./mixture-fit/fit-gaussian-mixture-per-class.ts";
export type { MixtureFitOptions, MixtureFitProgress } from "./mixture-fit/mixture-fit-options.ts";
export {
  ConditionalGaussianMixture,
  type ConditionalGaussianMixtureOptions,
  GaussianMixturePerClass,
  type GaussianMixturePerClassOptions,
} from "./mixtures/conditional-gaussian-mixture.ts";
export { ConditionalMixture, type ConditionalMixtureOptions } from "./mixtures/conditional-mixture.ts";
export { GaussianMixture, type GaussianMixtureOptions } from "./mixtures/gaussian-mixture.ts";
export { Mixture, type MixtureOptions } from "./mixtures/mixture.ts";
export { DiagonalNormal, type DiagonalNormalOptions } from "./normals/diagonal-normal.ts";
export { MultivariateNormal, type MultivariateNormalOptions } from "./normals/multivariate-normal.ts";
export { MultivariateStudentT, type MultivariateStudentTOptions } from "./normals/multivariate-student-t.ts";
export { StandardNormal, type StandardNormalOptions } from "./normals/standard-normal.ts";
export { Uniform, type UniformOptions } from "./uniform.ts";
export { Beta, type BetaOptions } from "./univariate/beta.ts";
export { Categorical, type CategoricalOptions } from "./univariate/categorical.ts";
export {
  Bernoulli,
  type BernoulliOptions,
  NegativeBinomial,
  type NegativeBinomialOptions,
  Poisson,
  type PoissonOptions,
} from "./univariate/counts.ts";
export { Cauchy, Gumbel, Laplace, type LocationScaleOptions, Logistic } from "./univariate/location-scale.ts";
export {
  Exponential,
  type ExponentialOptions,
  Gamma,
  type GammaOptions,
  HalfNormal,
  type HalfNormalOptions,
  LogNormal,
  Weibull,
  type WeibullOptions,
} from "./univariate/positive.ts";
export { StudentT, type StudentTOptions } from "./univariate/student-t.ts";
export { TruncatedNormal, type TruncatedNormalOptions } from "./univariate/truncated-normal.ts";
export type { UnivariateStatistics } from "./univariate/univariate-statistics.ts";
export { VonMises, type VonMisesOptions } from "./univariate/von-mises.ts";
export { VonMisesFisher, type VonMisesFisherOptions } from "./von-mises-fisher.ts";
