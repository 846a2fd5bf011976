import type { Kernels } from "../families/kernels.ts";
import { scalarActivation } from "./scalar-activation.ts";
import { scalarAffine } from "./scalar-affine.ts";
import { scalarArithmetic } from "./scalar-arithmetic.ts";
import { scalarColumns } from "./scalar-columns.ts";
import { scalarDropout } from "./scalar-dropout.ts";
import { scalarGaussianization } from "./scalar-gaussianization.ts";
import { scalarLinear } from "./scalar-linear.ts";
import { scalarMixture } from "./scalar-mixture.ts";
import { scalarNormalLogProb } from "./scalar-normal-log-prob.ts";
import { scalarSinhArcsinh } from "./scalar-sinh-arcsinh.ts";
import { scalarSpline } from "./scalar-spline.ts";
import { scalarSumOfSquares } from "./scalar-sum-of-squares.ts";

/** The kernels in TypeScript, summed in float64: for backends without a WebAssembly memory, and as a second opinion. */
export const scalarKernels: Kernels = {
  ...scalarLinear,
  ...scalarActivation,
  ...scalarSpline,
  ...scalarAffine,
  ...scalarSinhArcsinh,
  ...scalarGaussianization,
  ...scalarSumOfSquares,
  ...scalarMixture,
  ...scalarNormalLogProb,
  ...scalarColumns,
  ...scalarArithmetic,
  ...scalarDropout,
};
