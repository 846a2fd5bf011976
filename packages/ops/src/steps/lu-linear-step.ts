import type { Parameter } from "@pushforward/core";
import type { Direction, LoweredMap, PlanBuilder, PlanMatrix } from "@pushforward/core/extend";

/** The parameters of an LU map: both triangles in `weight [n, n]`, whose diagonal is the raw scale, and a shift `[n]`. */
export interface LuLinearStep {
  readonly weight: Parameter;
  readonly shift: Parameter;
  /** The scales are `softplus(raw + offset) + smallest`. */
  readonly offset: number;
  readonly smallest: number;
}

/** The map of `LULinear` as a step of a plan: value `[rows, n]`. */
export function luLinearStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { weight, shift, offset, smallest }: LuLinearStep,
): LoweredMap {
  const [mapped, logDet] = plan.add("luLinear", {
    inputs: [value],
    parameters: [weight, shift],
    settings: { offset, smallest, inverse: direction === "inverse" },
  });
  return { value: mapped, logDets: [logDet] };
}
