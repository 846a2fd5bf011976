import { type Module, OptionError, type Parameter } from "@pushforward/core";
import { runToEnd } from "@pushforward/core/plain";
import type { RowStream } from "../data/streamed-source.ts";
import type { TrainingData } from "../data/training-data.ts";
import type { TrainEvent, TrainResult } from "./events.ts";
import { FitRun } from "./fit-run.ts";
import type { TrainOptions } from "./train-options.ts";

/**
 * Trains a model by gradient descent and yields events: `start`, `step` for each step, `epoch` for each epoch,
 * `rollback`, `checkpoint`, and a final `stop`, which is also the result.
 *
 * The default loss is the mean negative log-likelihood in nats of a distribution or conditional distribution. Ten per
 * cent of the rows are held out; training stops on a plateau of the validation loss and restores the best weights. With
 * `averaging`, validation, `epoch` events and the final model use moving averages. The model is changed in place and
 * its weights are finite in all cases, also when the consumer leaves the loop, aborts, or the loss throws.
 *
 * @param model any module; its trainable parameters that `options.freeze` does not name are fitted.
 * @param data rows `[n, ...event]`, or `{ x, context, weights }`, checked before the first step; or a stream of blocks,
 * checked when read, with separate `validation` rows.
 * @throws {DataError} a value that is not finite, with its row and column; no rows.
 * @throws {ShapeError} rows that do not fit the model.
 * @throws {ContextError} a context that is missing, or that the model does not take.
 * @throws {OptionError} an option is unknown or out of range; a different fit trains the model.
 * @throws {TrainingDivergedError} a loss, gradient or weight became NaN or infinite; the model has its best weights,
 *   or without validation some from at most 50 steps before.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * for await (const event of trainEvents(flow, { x }, { key: createKey(1), maxEpochs: 20 })) {
 *   if (event.type === "epoch") console.log(event.epoch, event.trainLoss, event.validationLoss);
 * }
 */
export async function* trainEvents<M extends Module>(
  model: M,
  data: TrainingData | RowStream,
  options: TrainOptions<M>,
): AsyncGenerator<TrainEvent, TrainResult, void> {
  const release = claim(model);
  let run: FitRun<M> | undefined;
  try {
    run = new FitRun(model, data, options);
    yield* run.events();
    return run.result();
  } finally {
    try {
      run?.settle();
    } finally {
      run?.dispose();
      release();
    }
  }
}

/** The parameters that a fit changes at this moment. */
const claimed = new WeakSet<Parameter>();

/** Refuses a second fit of the same parameters: both would take steps from the weights of the other. */
function claim(model: Module): () => void {
  // What is no module is refused by the fit, with a message of its own.
  if (typeof model?.parameters !== "function") return () => {};
  const parameters = [...model.parameters().values()].filter(({ trainable }) => trainable);
  if (parameters.some((parameter) => claimed.has(parameter))) {
    throw new OptionError(
      "train: expected a model without a running fit, got one in training. Wait for its fit, or abort it by its signal.",
    );
  }
  for (const parameter of parameters) claimed.add(parameter);
  return () => {
    for (const parameter of parameters) claimed.delete(parameter);
  };
}

/**
 * Runs {@link trainEvents} to completion and returns the result, without the events.
 *
 * @throws all errors of `train`.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const { bestValidationLoss } = await train(flow, { x }, { key: createKey(1), maxEpochs: 20 });
 */
export async function train<M extends Module>(
  model: M,
  data: TrainingData | RowStream,
  options: TrainOptions<M>,
): Promise<TrainResult> {
  return runToEnd(trainEvents(model, data, options));
}
