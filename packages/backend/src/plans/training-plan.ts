import type { Parameter } from "@pushforward/core";
import type { Plan } from "@pushforward/core/extend";
import { type PlanGradients, type PlanLayout, planGradients, planLayout } from "@pushforward/kernels";

/** A plan with what its training needs; parameters by their places. */
export interface TrainingPlan {
  readonly plan: Plan;
  readonly trained: ReadonlySet<number>;
  /** Those that get a gradient: also frozen ones of a step that trains others. */
  readonly written: ReadonlySet<number>;
  readonly passes: PlanGradients;
  readonly layout: PlanLayout;
}

/**
 * Prepares a plan to be trained with batches of up to `rows` rows.
 *
 * @param ofInputs whether the gradients of its inputs are wanted as well.
 */
export function trainingPlan(
  plan: Plan,
  rows: number,
  parameters: Iterable<Parameter>,
  ofInputs: boolean = false,
): TrainingPlan {
  const wanted = new Set<Parameter>(parameters);
  const trained = new Set([...plan.parameters.keys()].filter((i) => wanted.has(plan.parameters[i] as Parameter)));
  const active = plan.steps.filter(({ parameters: ids }) => ids.some((i) => trained.has(i)));
  const written = new Set(active.flatMap((step) => step.parameters).filter((i) => plan.parameters[i]?.trainable));
  const passes = planGradients(plan, trained, ofInputs);
  return { plan, trained, written, passes, layout: planLayout(plan, rows, passes) };
}

/**
 * Whether a plan that was prepared for a number of rows serves another: the batches of an epoch, of which some have a row
 * less, share one.
 */
export function servesRows({ layout }: TrainingPlan, rows: number): boolean {
  return layout.rows === rows || layout.rows === rows + 1;
}
