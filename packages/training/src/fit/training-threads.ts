import type { Module } from "@pushforward/core";
import { currentExecutor, requireBackend } from "@pushforward/core/extend";
import type { TrainingData } from "../data/training-data.ts";
import { fitSetup } from "./fit-setup.ts";
import { likelihoodPlan } from "./likelihood-plan.ts";
import { checkFitOptions, type TrainOptions } from "./train-options.ts";

/**
 * The number of threads that `train` takes on this machine with the running backend. With this number as its option
 * `threads`, a fit on another machine gives the same bits.
 *
 * @throws what `train` throws before its first step.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * trainingThreads(flow, { x }, { key: createKey(1), epochs: 2 }); // → 1
 */
export function trainingThreads<M extends Module>(model: M, data: TrainingData, options: TrainOptions<M>): number {
  requireBackend("trainingThreads");
  checkFitOptions(options);
  const { settings, totalSteps, train } = fitSetup(model, data, options);
  const executor = currentExecutor();
  const batchSize = Math.min(settings.batchSize, train.rows);
  const planned =
    options.loss === undefined
      ? likelihoodPlan({ model, sample: train.sample, batchSize, threads: settings.threads, totalSteps })
      : undefined;
  if (planned === undefined || executor === undefined) return 1;
  const { plan, settings: batches } = planned;
  return executor.refusal(plan, "train") === undefined ? executor.threads(plan, batches) : 1;
}
