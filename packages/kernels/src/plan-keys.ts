import type { PlanData } from "./plan-data.ts";
import { stepKinds } from "./step-kinds.ts";

/** By step: the parameters whose keys it draws with in training. */
export function planKeys({ steps }: Pick<PlanData, "steps">): readonly (readonly number[])[] {
  return steps.map(({ op, parameters, settings }) =>
    (stepKinds[op]?.keys?.(settings) ?? []).map((place) => parameters[place] as number),
  );
}
