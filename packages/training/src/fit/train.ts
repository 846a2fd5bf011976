import type { Module } from "@pushforward/core";
import { runToEnd } from "@pushforward/core/plain";
import type { RowStream } from "../data/row-stream.ts";
import type { TrainingData } from "../data/training-data.ts";
import type { TrainResult } from "./events.ts";
import { fit } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";

/**
 * Runs {@link fit} to its end and gives the result, without the events.
 *
 * @throws what `fit` throws.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * const { bestValidationLoss } = await train(flow, { x }, { key: createKey(1), epochs: 20 });
 */
export async function train<M extends Module>(
  model: M,
  data: TrainingData | RowStream,
  options: FitOptions<M>,
): Promise<TrainResult> {
  return runToEnd(fit(model, data, options));
}
