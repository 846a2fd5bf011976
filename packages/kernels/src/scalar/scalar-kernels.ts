import type { Kernels } from "../families/kernels.ts";
import { scalarActivation, scalarArithmetic, scalarColumns, scalarDropout } from "./scalar-arrays.ts";
import { scalarLinear } from "./scalar-linear.ts";
import { scalarAffine, scalarSumOfSquares } from "./scalar-maps.ts";
import { scalarMixture } from "./scalar-mixture.ts";
import { scalarGaussianization, scalarNormalLogProb, scalarSinhArcsinh } from "./scalar-normals.ts";
import { scalarSpline } from "./scalar-spline.ts";

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
