import { checkOptions, describeValue } from "@pushforward/core/extend";
import {
  cosineSchedule,
  epochOrder,
  type Key,
  OptionError,
  type Schedule,
  stepsPerEpoch,
  takeHostRows,
} from "@pushforward/core/plain";
import type { CompiledModel } from "../compiled-model.ts";
import { PlanTrainer, type StepResult, type TrainerOptions } from "./plan-trainer.ts";

/** Rows to train with. */
export interface CompiledData {
  /** Rows one after the other, in the units of the table. */
  readonly x: ArrayLike<number>;
  readonly context?: ArrayLike<number>;
}

/** Options of {@link trainCompiledEvents}. */
export interface TrainCompiledOptions extends TrainerOptions {
  /** Decides the order of the rows, and the dropout. */
  readonly key: Key;
  /** Passes over the data. */
  readonly maxEpochs: number;
  /** Default: half a cosine from 5e-3 to 0. */
  readonly learningRate?: number | Schedule;
}

/** A step of {@link trainCompiledEvents}. */
export interface CompiledStep extends StepResult {
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
}

/**
 * Trains a compiled model in place on the negative mean log-density: the batches, dropout and updates of `train` for
 * the same key, without validation rows. It computes a step only when the caller requests the next event, so that a
 * page can show the steps and stop at any time.
 *
 * @throws {OptionError} an option out of range.
 * @throws {TrainingDivergedError} a number is not finite; the model is as it was before that step.
 * @example
 * const model = openCompiled(compileModel(nsf({ features: 1, key: createKey(0) })), { engine: scalarEngine });
 * for (const { step, loss } of trainCompiledEvents(model, { x: [0.1, 0.2, 0.4] }, { key: createKey(1), maxEpochs: 2 })) {
 *   console.log(step, loss);
 * }
 */
export function* trainCompiledEvents(
  model: CompiledModel,
  data: CompiledData,
  options: TrainCompiledOptions,
): Generator<CompiledStep, void, void> {
  checkOptions("trainCompiledEvents", options, {
    batchSize: true,
    clipNorm: true,
    beta1: true,
    beta2: true,
    epsilon: true,
    key: true,
    maxEpochs: true,
    learningRate: true,
  });
  const { key, maxEpochs, learningRate = cosineSchedule({ learningRate: 5e-3 }), ...rest } = options;
  if (!Number.isInteger(maxEpochs) || maxEpochs < 1) {
    throw new OptionError(
      `trainCompiledEvents: expected maxEpochs to be an integer from 1, got ${describeValue(maxEpochs)}.`,
    );
  }
  const x = hostRows(data.x, model.features);
  const context = data.context && hostRows(data.context, model.contextSize);
  const batchSize = Math.min(rest.batchSize ?? (x.rows < 1000 ? 64 : 256), x.rows);
  const trainer = new PlanTrainer(model, { ...rest, batchSize });
  const rows = Int32Array.from({ length: x.rows }, (_, i) => i);
  const perEpoch = stepsPerEpoch(x.rows, batchSize);
  const totalSteps = maxEpochs * perEpoch;
  const randomness = key.fold("dropout");
  const rateOf = typeof learningRate === "number" ? () => learningRate : learningRate;
  for (let step = 0; step < totalSteps; step++) {
    // The first epoch of a fit is number 1.
    const order = epochOrder({ rows }, batchSize, key?.fold("epoch").fold(1 + Math.floor(step / perEpoch)));
    const batch = order.batch(step % perEpoch);
    const result = trainer.step(takeHostRows(x, batch).data, {
      learningRate: rateOf(step, totalSteps),
      key: randomness.fold(step),
      ...(context && { context: takeHostRows(context, batch).data }),
    });
    yield { ...result, step: step + 1, totalSteps };
  }
}

function hostRows(values: ArrayLike<number>, columns: number): { rows: number; columns: number; data: Float64Array } {
  return { rows: values.length / columns, columns, data: Float64Array.from(values) };
}
