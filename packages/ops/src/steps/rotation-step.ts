import type { Parameter } from "@pushforward/core";
import type { Direction, LoweredMap, PlanBuilder, PlanMatrix } from "@pushforward/core/extend";

/** The map of `Rotation` with its generator `[n, n]` as a step of a plan: value `[rows, n]`. */
export function rotationStep(
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  generator: Parameter,
): LoweredMap {
  const [turned] = plan.add("rotation", {
    inputs: [value],
    parameters: [generator],
    settings: { inverse: direction === "inverse" },
  });
  return { value: turned, logDets: [] };
}
