export { chain } from "./combinators/chain.ts";
export { type ConcatenateOptions, concatenate, type StackOptions, stackBijections } from "./combinators/concatenate.ts";
export { Identity, independent, invert } from "./combinators/independent.ts";
export { type MaskedOptions, masked, Reshape, type ReshapeOptions } from "./combinators/reshape.ts";
export {
  Exp,
  LeakyRelu,
  type LeakyReluOptions,
  LeakyTanh,
  type LeakyTanhOptions,
  Sigmoid,
  Softplus,
  Tanh,
} from "./elementwise/activations.ts";
export {
  AffineElementwise,
  type AffineElementwiseOptions,
  ConstantAffine,
  type ConstantAffineOptions,
} from "./elementwise/affine-elementwise.ts";
export {
  BoxConstraint,
  type BoxConstraintOptions,
  SoftClip,
  type SoftClipOptions,
} from "./elementwise/box-constraint.ts";
export { CircularShift, type CircularShiftOptions } from "./elementwise/circular-shift.ts";
export { type GaussianizationOptions, gaussianization } from "./elementwise/gaussianization.ts";
export { Kumaraswamy, type KumaraswamyOptions } from "./elementwise/kumaraswamy.ts";
export {
  type CdfRange,
  type MixtureCdfOptions,
  MixtureOfGaussiansCdf,
  MixtureOfLogisticsCdf,
} from "./elementwise/mixture-cdf.ts";
export { NormalCdf } from "./elementwise/normal-cdf.ts";
export {
  Asinh,
  type AsinhOptions,
  SignedPower,
  type SignedPowerOptions,
  SinhArcsinh,
  type SinhArcsinhOptions,
  YeoJohnson,
  type YeoJohnsonOptions,
} from "./elementwise/tails.ts";
export { type AffineOptions, additive, affine } from "./families/affine.ts";
export { type AffineSplineOptions, affineSpline } from "./families/affine-spline.ts";
export { type DeepSigmoidOptions, deepSigmoid } from "./families/deep-sigmoid.ts";
export { type RationalQuadraticOptions, rationalQuadratic } from "./families/rational-quadratic.ts";
export {
  Checkerboard,
  type Invertible1x1Options,
  invertible1x1,
  type LogitTransformOptions,
  logitTransform,
  type MultiScaleOptions,
  multiScale,
  Squeeze,
  type SqueezeOptions,
} from "./images/image-transforms.ts";
export {
  type PluLinearOptions,
  pluLinear,
  type QrLinearOptions,
  qrLinear,
  type SvdLinearOptions,
  svdLinear,
  TriangularLinear,
  type TriangularLinearOptions,
} from "./linear/decompositions.ts";
export { Diagonal, type DiagonalOptions, LowRankLinear, type LowRankLinearOptions } from "./linear/low-rank-linear.ts";
export { LULinear, type LULinearOptions } from "./linear/lu-linear.ts";
export {
  DiscreteCosine,
  type DiscreteCosineOptions,
  HouseholderLinear,
  type HouseholderLinearOptions,
  Rotation,
  type RotationOptions,
} from "./linear/orthogonal.ts";
export { Permutation, type PermutationOptions, randomPermutation, reversePermutation } from "./linear/permutation.ts";
export { PositiveLinear, type PositiveLinearOptions } from "./linear/positive-linear.ts";
export { BlockAutoregressive, type BlockAutoregressiveOptions } from "./monotone/block-autoregressive.ts";
export { type MonotoneIntegralOptions, monotoneIntegral } from "./monotone/monotone-integral.ts";
export { type MonotoneNetworkOptions, monotoneNetwork } from "./monotone/monotone-network.ts";
export { BatchNorm, type BatchNormOptions, whitening } from "./normalization/normalization.ts";
export { type BernsteinOptions, bernstein } from "./polynomials/bernstein.ts";
export { type SumOfSquaresOptions, sumOfSquares } from "./polynomials/sum-of-squares.ts";
export type { PositiveForm } from "./positive-scale.ts";
export { type QuantileSplineOptions, quantileSpline } from "./quantiles/quantile-spline.ts";
export { ContractiveResidual, type ContractiveResidualOptions } from "./residual/contractive-residual.ts";
export { Planar, type PlanarOptions, Radial, type RadialOptions } from "./residual/planar.ts";
export { Sylvester, type SylvesterOptions } from "./residual/sylvester.ts";
export { CylindricalToSphere, GeographicToSphere } from "./sphere.ts";
export {
  type CircularEnds,
  type CircularRationalQuadraticOptions,
  circularRationalQuadratic,
} from "./splines/circular-rational-quadratic.ts";
export { type CubicSplineForm, type CubicSplineOptions, cubicSpline } from "./splines/cubic-spline.ts";
export {
  type LinearSplineOptions,
  linearSpline,
  type QuadraticSplineForm,
  type QuadraticSplineOptions,
  quadraticSpline,
} from "./splines/piecewise-splines.ts";
