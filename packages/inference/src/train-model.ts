import type { Module } from "@pushforward/core";
import { type StopEvent, type TrainOptions, trainEvents } from "@pushforward/training";
import type { InferenceEvent, InferenceReport } from "./inference-events.ts";

/** What a report tells of a training. */
export type Trained = Pick<InferenceReport, "validationLoss" | "reason">;

/**
 * Fits a model and passes the events on. Where the fit does not come to its end, the model is freed.
 *
 * @param rows those of {@link trainEvents}.
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
