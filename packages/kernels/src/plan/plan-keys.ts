import type { PlanData, PlanOperation, PlanStepOf } from "@pushforward/core/plain";
import { stepKinds } from "../steps/step-kinds.ts";

/** By step: the parameters whose keys it draws with in training. */
export function planKeys({ steps }: Pick<PlanData, "steps">): readonly (readonly number[])[] {
  return steps.map(keysOf);
}

function keysOf<K extends PlanOperation>({ op, parameters, settings }: PlanStepOf<K>): readonly number[] {
  return (stepKinds[op].keys?.(settings) ?? []).map((place) => parameters[place] as number);
}
