import type { PlanBuilder, PlanMatrix } from "@pushforward/core";

/** A multivariate Student-t with fixed numbers. */
export interface StudentTStep {
  readonly location: readonly number[];
  /** `[n, n]`, row-major: the lower triangular inverse of the factor of the scale matrix. */
  readonly whitening: readonly number[];
  readonly degreesOfFreedom: number;
  /** Log-density at the location. */
  readonly logPeak: number;
}

/** The log-density of a multivariate Student-t as a step of a plan: `[rows, n]` → `[rows, 1]`. */
export function studentTLogProbStep(plan: PlanBuilder, x: PlanMatrix, numbers: StudentTStep): PlanMatrix {
  return plan.add("studentTLogProb", { inputs: [x], outputs: [1], settings: { ...numbers } })[0] as PlanMatrix;
}
