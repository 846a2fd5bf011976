import type { Module } from "@pushforward/core";
import { cosineSchedule, type StopEvent, type TrainOptions, trainEvents, warmupSchedule } from "@pushforward/training";
import type { InferenceEvent, InferenceReport } from "./inference-problem.ts";

/** Training summary of a report. */
export type Trained = Pick<InferenceReport, "validationLoss" | "reason">;

/**
 * Fits a model and passes the events on. If the fit does not finish, the model is freed.
 *
 * @param rows the rows of {@link trainEvents}.
 */
export async function* trainModelEvents<M extends Module>(
  model: M,
  rows: Parameters<typeof trainEvents<M>>[1],
  options: TrainOptions<M>,
): AsyncGenerator<InferenceEvent, Trained, void> {
  let stop: StopEvent | undefined;
  try {
    for await (const event of trainEvents(model, rows, options)) {
      if (event.type === "stop") stop = event;
      yield { type: "training", index: 0, count: 1, event };
    }
  } finally {
    if (stop === undefined) model.dispose();
  }
  return {
    validationLoss: stop?.bestValidationLoss ?? Number.NaN,
    reason: stop?.reason === "aborted" ? "aborted" : "completed",
  };
}

/** The share of the rows that are held out. */
export const VALIDATION = 0.1;
/** The weight of the Student-t around the parameters of a posterior. */
export const DEFENSIVE_WEIGHT = 1e-6;
/** Number of rows above which networks have no dropout. */
export const MANY_ROWS = 20_000;
const WARM_UP = 50;
const STEPS = 4500;
const MOST_EPOCHS = 200;
/** Of SLCP with 100,000 simulations, 6 epochs were too few and 20 were not. */
const LEAST_EPOCHS = 20;
const SOME_ROWS = 5000;

/**
 * Training defaults of the members of `fitAuto`. Flow matching takes more and larger steps, and its losses are too
 * noisy for going back to the best step.
 */
export function trainingDefaults(rows: number, isMatched: boolean): Partial<TrainOptions> {
  const batchSize = Math.min(rows, (rows < SOME_ROWS ? 64 : 128) * (isMatched ? 2 : 1));
  const steps = isMatched ? 3 * STEPS : STEPS;
  const most = isMatched ? 5 * MOST_EPOCHS : MOST_EPOCHS;
  const epochs = Math.max(LEAST_EPOCHS, Math.min(most, Math.round(steps / Math.ceil(rows / batchSize))));
  return {
    maxEpochs: epochs,
    batchSize,
    learningRate: warmupSchedule(cosineSchedule({ learningRate: isMatched ? 2e-3 : 5e-3 }), WARM_UP),
    averaging: { decay: isMatched ? 0.999 : 0.99 },
    ...(!isMatched && { rollback: { patience: Math.max(4, Math.floor(0.08 * epochs)) } }),
  };
}
