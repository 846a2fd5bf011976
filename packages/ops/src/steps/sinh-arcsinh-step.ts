import type { Parameter } from "@pushforward/core";
import type { Direction, LoweredMap, PlanBuilder, PlanMatrix } from "@pushforward/core/extend";

/** The parameters ε and log δ of each column, owned by a model. */
export interface SinhArcsinhStep {
  readonly skewness: Parameter;
  readonly logTailWeight: Parameter;
}

/** `sinh(δ (asinh value + ε))`, or its inverse, as a step of a plan: value `[rows, n]`. */
export function sinhArcsinhStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { skewness, logTailWeight }: SinhArcsinhStep,
): LoweredMap {
  const [mapped, logSlopes] = plan.add("sinhArcsinh", {
    inputs: [value],
    parameters: [skewness, logTailWeight],
    settings: { inverse: direction === "inverse" },
  });
  return { value: mapped, logDets: [logSlopes] };
}
