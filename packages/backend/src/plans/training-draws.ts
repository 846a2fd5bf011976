import type { Parameter } from "@pushforward/core";
import { currentTraining, type Plan } from "@pushforward/core/extend";
import { KEY_SIZE, type PlanDraws, planKeys } from "@pushforward/kernels";

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
