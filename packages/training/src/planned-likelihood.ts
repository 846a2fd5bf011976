// From the rows of a batch to the loss and its gradients, by a plan.
import {
  currentExecutor,
  type ParameterTree,
  type Plan,
  type PlanStepResult,
  type PlanTrainer,
  type PlanTrainerOptions,
} from "@pushforward/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { LossAndGradients } from "./gradients.ts";
import { gatherRows, type Table } from "./training-data.ts";

/** The gradients of the negative log-likelihood by a plan: kernel calls in an arena, no tape. */
export class PlannedLikelihood {
  private readonly plan: Plan;
  private readonly table: Table;
  private readonly trained: ParameterTree;
  private readonly settings: Omit<PlanTrainerOptions, "trained">;
  private trainer: PlanTrainer | undefined;
  private last:
    | { readonly gradients: PlanStepResult["gradients"]; readonly named: ReadonlyMap<string, tf.Tensor> }
    | undefined;

  constructor(plan: Plan, table: Table, trained: ParameterTree, settings: Omit<PlanTrainerOptions, "trained">) {
    this.plan = plan;
    this.table = table;
    this.trained = trained;
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
  at(rows: Int32Array): LossAndGradients | undefined {
    const { trainer } = this;
    if (trainer === undefined) return undefined;
    const { x, context, weights } = this.table;
    const inputs = (context === undefined ? [x] : [x, context]).map((array) => gatherRows(array, rows));
    const n = rows.length;
    const seed = new Float32Array(n).fill(-1 / n);
    if (weights !== undefined) for (let i = 0; i < n; i++) seed[i] = -(weights[rows[i] as number] as number) / n;
    const { output, gradients } = trainer.step(inputs, seed);
    let sum = 0;
    if (weights === undefined) for (let i = 0; i < n; i++) sum -= output[i] as number;
    else for (let i = 0; i < n; i++) sum -= (weights[rows[i] as number] as number) * (output[i] as number);
    return { loss: sum / n, gradients: this.named(gradients) };
  }

  /** The gradients by path: the same map as before for the same ones, so that an optimiser can tell. */
  private named(gradients: PlanStepResult["gradients"]): ReadonlyMap<string, tf.Tensor> {
    if (this.last?.gradients === gradients) return this.last.named;
    const named = new Map<string, tf.Tensor>();
    for (const [path, parameter] of this.trained) {
      const gradient = gradients.get(parameter);
      if (gradient !== undefined) named.set(path, gradient);
    }
    this.last = { gradients, named };
    return named;
  }

  dispose(): void {
    this.trainer?.dispose();
    this.trainer = undefined;
  }

  private async prepareWith(trainer: Promise<PlanTrainer>): Promise<void> {
    this.trainer = await trainer;
    // The backend may have changed since.
    await this.prepare();
  }
}
