import {
  ContextError,
  type Distribution,
  type Key,
  type Module,
  OptionError,
  type ParameterTree,
  ShapeError,
} from "@pushforward/core";
import {
  checkOptions,
  currentExecutor,
  describeValue,
  formatShape,
  isConditionalDistribution,
  isDistribution,
  type Plan,
  type PlanTrainer,
  type PlanTrainerOptions,
  shapesEqual,
} from "@pushforward/core/extend";
import { meanLoss, meanLossSeed } from "@pushforward/core/plain";
import { logSumExp } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type Batch, eventShapeOf, gatherRows, makeBatch, type StepRows, type Table } from "../data/training-data.ts";
import { type LossAndGradients, NamedGradients } from "./gradients.ts";

/**
 * Loss to minimize: a scalar tensor, the mean over the rows of the batch. The key differs in every step; use it for all random
 * numbers. The loss must handle weights, if present.
 *
 * @example
 * const loss: Loss<Flow> = (model, batch) => tf.neg(tf.mean(model.logProb(batch.x)));
 * await train(flow, { x }, { key, loss, maxEpochs: 1 });
 */
export type Loss<M extends Module = Module> = (model: M, batch: Batch, key: Key) => tf.Tensor;

/** Log-densities `[size]` of the rows of a batch under a model with log-densities. */
export type RowLogProb = (batch: Batch) => tf.Tensor;

/**
 * The log-density that maximum likelihood needs, from a distribution or a conditional distribution. Everything that
 * could go wrong is tried out here, on two rows: an exception from within a traced loss is harder to read.
 */
export function rowLogProb(model: Module, tables: readonly Table[], where: string): RowLogProb {
  const logProb = chooseLogProb(model, tables, where);
  for (const table of tables) {
    const rows = table.rows.subarray(0, 2);
    const shape = tf.tidy(() => logProb(makeBatch(table, rows)).shape);
    if (!shapesEqual(shape, [rows.length])) {
      throw new ShapeError(
        `${where}: expected one log-density a row, ${formatShape([rows.length])} for ${rows.length} rows, got ${formatShape(shape)}.`,
      );
    }
  }
  return logProb;
}

function chooseLogProb(model: Module, tables: readonly Table[], where: string): RowLogProb {
  if (isDistribution(model)) {
    const { eventShape } = model;
    for (const { x, context } of tables) {
      if (context !== undefined) {
        throw new ContextError(`${where}: expected data without a context, because the model takes none, got one.`);
      }
      if (!shapesEqual(eventShapeOf(x), eventShape)) {
        throw new ShapeError(
          `${where}: expected rows of shape ${formatShape(eventShape)}, the model's event, got ${formatShape(eventShapeOf(x))}.`,
        );
      }
    }
    return ({ x }) => model.logProb(x);
  }
  if (isConditionalDistribution(model)) {
    const { contextShape } = model;
    for (const { context } of tables) {
      if (context === undefined) {
        throw new ContextError(
          `${where}: expected data with a context of shape ${formatShape(contextShape)} for each row, got none. Pass { x, context }.`,
        );
      }
      if (!shapesEqual(eventShapeOf(context), contextShape)) {
        throw new ContextError(
          `${where}: expected a context of shape ${formatShape(contextShape)} for each row, got ${formatShape(eventShapeOf(context))}.`,
        );
      }
    }
    return ({ x, context }) => model.given(context as tf.Tensor).logProb(x);
  }
  throw new OptionError(`${where}: expected a distribution, a conditional distribution or options.loss, got neither.`);
}

/** Maximum likelihood: `−Σ wᵢ log p(xᵢ) / size`, in nats per row. */
export function negativeLogLikelihood(logProb: RowLogProb): Loss {
  return (_model, batch) => {
    const rows = logProb(batch);
    return tf.neg(tf.mean(batch.weights === undefined ? rows : tf.mul(rows, batch.weights)));
  };
}

/** Options of {@link contrastiveLoss}. */
export interface ContrastiveLossOptions {
  /** The prior of the rows x, by which the density is divided; rows outside of its support give a loss that is not finite. */
  readonly prior: Distribution;
  /** Number of compared rows: the row itself and further rows of the batch, at most all. Default: 10. */
  readonly atoms?: number;
}

/**
 * The loss of sequential posterior estimation with atomic proposals (Greenberg, Nonnenmacher and Macke 2019, arXiv:1905.07488),
 * for conditional distributions: the mean over rows of `−log(r(xᵢ, cᵢ)/Σⱼ r(xⱼ, cᵢ))` with `r(x, c) = q(x | c)/p(x)`, where j
 * runs over the row itself and `atoms − 1` further rows of the batch. For any proposal of the parameters x, its minimum is the
 * posterior `p(x | c) ∝ p(x) p(c | x)` on the support of the proposal; maximum likelihood estimates `∝ proposal(x) p(c | x)`.
 * It is 0 for a single row.
 *
 * Use large batches, and a q with no mass outside the support of the prior: outside the proposal, the loss does not constrain
 * it.
 *
 * @throws {OptionError} `atoms` is not an integer from 2; by the loss: the model is no conditional distribution.
 * @throws {ContextError} by the loss: data without a context.
 * @example
 * using q = maf({ features: 2, context: 2, key: createKey(0) });
 * const rows = { x: [[0.1, 0.2], [0.5, -0.3], [0.9, 0.4]], context: [[0, 1], [1, 0], [1, 1]] };
 * await train(q, rows, { key: createKey(1), loss: contrastiveLoss({ prior, atoms: 3 }), maxEpochs: 2, validation: 0 });
 */
export function contrastiveLoss(options: ContrastiveLossOptions): Loss {
  checkOptions("contrastiveLoss", options, { prior: true, atoms: true });
  const { prior, atoms = 10 } = options;
  if (!Number.isSafeInteger(atoms) || atoms < 2) {
    throw new OptionError(`contrastiveLoss: expected atoms to be an integer from 2, got ${describeValue(atoms)}.`);
  }
  return (model, { x, context, weights, size }, key) =>
    tf.tidy(() => {
      if (!isConditionalDistribution(model)) {
        throw new OptionError("contrastiveLoss: expected a conditional distribution, got a model without a context.");
      }
      if (context === undefined) throw new ContextError("contrastiveLoss: expected data with a context, got none.");
      // Others are the batch, rotated: no row meets itself or another one twice.
      const shifts = key.permutation(Math.max(0, size - 1)).subarray(0, atoms - 1);
      const rotations = (rows: tf.Tensor): tf.Tensor =>
        tf.stack([rows, ...Array.from(shifts, (shift) => rotated(rows, shift + 1))], 0);
      const logQ = model.given(context).logProb(rotations(x));
      const logRatios = tf.sub(logQ, rotations(prior.logProb(x)));
      const own = tf.reshape(tf.slice(logRatios, [0, 0], [1, size]), [size]);
      const losses = tf.sub(logSumExp(logRatios, 0), own);
      return tf.mean(weights === undefined ? losses : tf.mul(losses, weights));
    });
}

function rotated(rows: tf.Tensor, shift: number): tf.Tensor {
  return tf.concat([tf.slice(rows, shift), tf.slice(rows, 0, shift)], 0);
}

// From the rows of a batch to the loss and its gradients, by a plan.

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
