import type { Module } from "@pushforward/core";
import { runToEnd } from "@pushforward/core/plain";
import type { RowStream } from "../data/row-stream.ts";
import type { TrainingData } from "../data/training-data.ts";
import type { TrainResult } from "./events.ts";
import { trainEvents } from "./train-events.ts";
import type { TrainOptions } from "./train-options.ts";

/**
 * Runs {@link trainEvents} to its end and gives the result, without the events.
 *
 * @throws what `train` throws.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const { bestValidationLoss } = await train(flow, { x }, { key: createKey(1), epochs: 20 });
 */
export async function train<M extends Module>(
  model: M,
  data: TrainingData | RowStream,
  options: TrainOptions<M>,
): Promise<TrainResult> {
  return runToEnd(trainEvents(model, data, options));
}
