// From the rows of a batch to the loss and its gradients, by a plan.

import type { ParameterTree } from "@pushforward/core";
import { currentExecutor, type Plan, type PlanTrainer, type PlanTrainerOptions } from "@pushforward/core/extend";
import { meanLoss, meanLossSeed } from "@pushforward/core/plain";
import { gatherRows } from "../data/training-data.ts";
import type { StepRows } from "../data/training-source.ts";
import type { LossAndGradients } from "./gradients.ts";
import { NamedGradients } from "./named-gradients.ts";

/** The gradients of the negative log-likelihood by a plan: kernel calls in an arena, no tape. */
export class PlannedLikelihood {
  private readonly plan: Plan;
  private readonly trained: ParameterTree;
  private readonly settings: Omit<PlanTrainerOptions, "trained">;
  private trainer: PlanTrainer | undefined;
  private readonly named: NamedGradients;

  constructor(plan: Plan, trained: ParameterTree, settings: Omit<PlanTrainerOptions, "trained">) {
    this.plan = plan;
    this.trained = trained;
    this.named = new NamedGradients(trained);
    this.settings = settings;
  }

  /** Makes {@link at} ready for the running backend; a promise where threads have to start. */
  prepare(): Promise<void> | undefined {
    if (this.trainer?.isCurrent) return undefined;
    this.dispose();
    const executor = currentExecutor();
    if (executor === undefined || executor.refusal(this.plan, "train") !== undefined) return undefined;
    const trainer = executor.train(this.plan, { ...this.settings, trained: this.trained.values() });
    if (trainer instanceof Promise) return this.prepareWith(trainer);
    this.trainer = trainer;
    return undefined;
  }

  /** The mean loss of some rows and its gradients; undefined where the running backend can't run the plan. */
  at({ table, rows }: StepRows): LossAndGradients | undefined {
    const { trainer } = this;
    if (trainer === undefined) return undefined;
    const { x, context, weights: all } = table;
    const inputs = (context === undefined ? [x] : [x, context]).map((array) => gatherRows(array, rows));
    const n = rows.length;
    const weights = all && Float64Array.from(rows, (row) => all[row] as number);
    const { output, gradients } = trainer.step(inputs, meanLossSeed(n, weights));
    return { loss: meanLoss(output, n, weights), gradients: this.named.of(gradients) };
  }

  dispose(): void {
    this.trainer?.dispose();
    this.trainer = undefined;
    this.named.clear();
  }

  private async prepareWith(trainer: Promise<PlanTrainer>): Promise<void> {
    this.trainer = await trainer;
    // The backend may have changed since.
    await this.prepare();
  }
}
