// One line for each file of cases: the laws run for all of them.
export * from "./conditional-gaussian-mixture.ts";
export * from "./conditional-mixture.ts";
export * from "./diagonal-normal.ts";
export * from "./gaussian-mixture.ts";
export * from "./gaussian-mixture-per-class.ts";
export * from "./independent.ts";
export * from "./mixture.ts";
export * from "./multivariate-normal.ts";
export * from "./multivariate-student-t.ts";
export * from "./standard-normal.ts";
export * from "./uniform.ts";
