// One line for each file of cases: the laws run for all of them.
export * from "./additive.ts";
export * from "./affine.ts";
export * from "./affine-elementwise.ts";
export * from "./affine-spline.ts";
export * from "./box-constraint.ts";
export * from "./chain.ts";
export * from "./constant-affine.ts";
export * from "./identity.ts";
export * from "./independent.ts";
export * from "./invert.ts";
export * from "./lu-linear.ts";
export * from "./permutation.ts";
export * from "./positive-linear.ts";
export * from "./quantile-spline.ts";
export * from "./rational-quadratic.ts";
export * from "./sinh-arcsinh.ts";
