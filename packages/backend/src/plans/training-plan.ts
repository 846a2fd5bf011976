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

/** A plan prepared for training. Parameters are given by index. */
export interface TrainingPlan {
  readonly plan: Plan;
  readonly trained: ReadonlySet<number>;
  /** Parameters that get a gradient, including frozen parameters of a step that trains other parameters. */
  readonly written: ReadonlySet<number>;
  readonly passes: PlanGradients;
  readonly layout: PlanLayout;
}

/**
 * Prepares a plan to be trained with batches of up to `rows` rows.
 *
 * @param ofInputs `true` to compute the gradients of the inputs as well.
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
 * Returns `true` if a plan that was prepared for one number of rows can run `rows` rows. The batches of an epoch, some
 * with one row less, share one plan.
 */
export function servesRows({ layout }: TrainingPlan, rows: number): boolean {
  return layout.rows === rows || layout.rows === rows + 1;
}

/** Random draws of a plan, by the keys of the current training step. */
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
