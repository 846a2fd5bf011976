import type { Parameter } from "@pushforward/core";
import { currentTraining, type Plan } from "@pushforward/core/extend";
import {
  KEY_SIZE,
  type PlanDraws,
  type PlanGradients,
  type PlanLayout,
  planGradients,
  planKeys,
  planLayout,
} from "@pushforward/kernels";

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

/** What is random in a plan, by the keys of the step of training that runs. */
export class TrainingDraws implements PlanDraws {
  readonly firstRow: Int32Array = new Int32Array(1);
  readonly keys: Int32Array;
  private readonly parameters: readonly Parameter[];

  constructor(plan: Plan) {
    this.parameters = planKeys(plan)
      .flat()
      .map((id) => plan.parameters[id] as Parameter);
    this.keys = new Int32Array(KEY_SIZE * this.parameters.length);
  }

  /** Takes the keys of the step; outside of training there are none. */
  update(): void {
    if (this.parameters.length === 0) return;
    this.keys.fill(0);
    const training = currentTraining();
    for (const [i, parameter] of this.parameters.entries()) {
      const key = training?.keyOf(parameter);
      if (key !== undefined) this.keys.set([1, ...key.words], KEY_SIZE * i);
    }
  }
}
