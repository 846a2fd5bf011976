import type { Module } from "@pushforward/core";
import type { RowStream } from "../data/row-stream.ts";
import type { Table, TrainingData } from "../data/training-data.ts";
import type { TrainingSource } from "../data/training-source.ts";
import type { FitIdentity } from "./checkpoint.ts";
import { type FitParameters, fitParameters } from "./fit-parameters.ts";
import { splitData } from "./split-data.ts";
import { resolveOptions, type Settings, type TrainOptions } from "./train-options.ts";

/** What is decided before the first step and stays. */
export interface FitSetup {
  readonly train: TrainingSource;
  readonly validation: Table | undefined;
  readonly settings: Settings;
  readonly parameters: FitParameters;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly identity: FitIdentity;
}

/** Checks data and options and decides what follows from them. */
export function fitSetup<M extends Module>(
  model: M,
  data: TrainingData | RowStream,
  options: TrainOptions<M>,
): FitSetup {
  const [train, validation] = splitData(data, options);
  const trainRows = train.rows;
  const settings = resolveOptions(options, trainRows);
  const parameters = fitParameters(model, options);
  const perEpoch = train.stepsPerEpoch(settings.batchSize);
  return {
    train,
    validation,
    settings,
    parameters,
    stepsPerEpoch: perEpoch,
    totalSteps: Math.min(settings.maxSteps, settings.epochs * perEpoch),
    identity: {
      trainRows,
      validationRows: validation?.rows.length ?? 0,
      batchSize: settings.batchSize,
      key: options.key.fold("checkpoint").uniform(1)[0] as number,
    },
  };
}
