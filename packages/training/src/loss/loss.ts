import { ContextError, type Key, type Module, OptionError, ShapeError } from "@pushforward/core";
import { formatShape, isConditionalDistribution, isDistribution, shapesEqual } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { type Batch, makeBatch } from "../data/batch.ts";
import { eventShapeOf, type Table } from "../data/training-data.ts";

/**
 * What training makes small: a scalar tensor, the mean over the rows of the batch. The key differs in every step; draw
 * all random numbers from it. Weights, when the data have them, are the loss's to use.
 *
 * @example
 * const loss: Loss<Flow> = (model, batch) => tf.neg(tf.mean(model.logProb(batch.x)));
 * await train(flow, { x }, { key, loss, epochs: 1 });
 */
export type Loss<M extends Module = Module> = (model: M, batch: Batch, key: Key) => tf.Tensor;

/** Log-densities `[size]` of the rows of a batch under a model that has them. */
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
