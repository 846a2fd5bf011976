import type { Parameter } from "@pushforward/core";
import type { Direction, LoweredMap, PlanBuilder, PlanMatrix } from "@pushforward/core/extend";

/** The parameters of {@link columnSpline}, owned by a model. */
export interface ColumnSplineStep {
  readonly corners: Parameter;
  readonly logWidths: Parameter;
  readonly logHeights: Parameter;
  readonly logSlopes: Parameter;
}

/** The op `columnSpline` as a step of a plan: value `[rows, n]`. `forward` computes y of x. */
export function columnSplineStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  { corners, logWidths, logHeights, logSlopes }: ColumnSplineStep,
): LoweredMap {
  const [mapped, logDet] = plan.add("columnSpline", {
    inputs: [value],
    parameters: [corners, logWidths, logHeights, logSlopes],
    settings: { knots: logSlopes.shape[1] as number, inverse: direction === "inverse" },
  });
  return { value: mapped, logDets: [logDet] };
}
