import type { Parameter } from "@pushforward/core";
import type { PlanBuilder, PlanMatrix } from "@pushforward/core/extend";

/** The numbers of a multivariate Student-t. */
export interface StudentTStep {
  /** `[n]`. */
  readonly location: Parameter;
  /** `[n, n]`: W, the lower triangular inverse of the factor of the scale matrix. */
  readonly whitening: Parameter;
  readonly degreesOfFreedom: number;
  /** Log-density at the location, without ln det W. */
  readonly logConstant: number;
}

/** The log-density of a multivariate Student-t as a step of a plan: `[rows, n]` → `[rows, 1]`. Its numbers do not learn. */
export function studentTLogProbStep(
  plan: PlanBuilder,
  x: PlanMatrix,
  { location, whitening, degreesOfFreedom, logConstant }: StudentTStep,
): PlanMatrix {
  return plan.add("studentTLogProb", {
    inputs: [x],
    parameters: [location, whitening],
    settings: { degreesOfFreedom, logConstant },
  })[0];
}
