import { type FlowSizes, prepareFlow, type TableRows } from "@pushforward/tables/extend";
import {
  type ArchitectureName,
  type ConditionalFlow,
  cosineSchedule,
  createFlow,
  type Flow,
  parameterCount,
  type TrainEvent,
  TrainingDivergedError,
  type TrainResult,
  trainEvents,
} from "pushforward";
import type { TableStream } from "./stream-rows.ts";

/** Settings of a fit; absent settings have the defaults of the flow or of the training. */
export interface FitNamedFlowOptions {
  readonly choice: FlowChoice;
  /** Training rows of the layers, if the given rows are only a sample. */
  readonly stream?: TableStream | undefined;
  readonly seed: number;
  readonly maxEpochs?: number | undefined;
  readonly patience?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly threads?: number | "auto" | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
}

/** A fitted flow, in the units of the file. */
export interface FittedTable {
  readonly flow: Flow | ConditionalFlow;
  readonly parameters: number;
  readonly result: TrainResult;
  readonly constantColumns: readonly number[];
  /** Columns with extreme outliers that no warning has mentioned yet. */
  readonly farColumns?: readonly number[];
  /** Why the fit ended before its time; the flow has the best weights until then. */
  readonly diverged?: TrainingDivergedError | undefined;
}

/**
 * Fits a flow to rows. The columns are standardized in float64 with the statistics of the training rows; the
 * standardization becomes part of the model.
 *
 * @throws {TrainingDivergedError} in the first epoch, before any result is worth keeping.
 */
export async function fitNamedFlow(
  train: TableRows,
  validation: TableRows,
  options: FitNamedFlowOptions,
): Promise<FittedTable> {
  const { choice, seed, stream } = options;
  const prepared = prepareFlow(train, validation, seed, (sizes) => chosenFlow(choice, sizes));
  const { flow, inner, key } = prepared;
  const standardStream = stream && {
    ...stream,
    block: async (epoch: number, index: number) => prepared.standardize(await stream.block(epoch, index)),
  };
  const events = trainEvents(inner, standardStream ?? prepared.train, {
    key,
    validation: prepared.validation,
    maxEpochs: options.maxEpochs,
    patience: options.patience,
    batchSize: options.batchSize,
    learningRate:
      options.learningRate === undefined ? undefined : cosineSchedule({ learningRate: options.learningRate }),
    threads: options.threads,
    signal: options.signal,
  });
  let stop: TrainResult | undefined;
  let diverged: TrainingDivergedError | undefined;
  try {
    for await (const event of events) {
      if (event.type === "stop") stop = event;
      options.onEvent?.(event);
    }
  } catch (error) {
    if (!(error instanceof TrainingDivergedError) || stop?.weights !== "best" || !stop.bestEpoch) throw error;
    diverged = error;
  }
  if (stop === undefined) throw new Error("fit: expected a stop event, got none.");
  return {
    flow,
    parameters: parameterCount(flow.parameters()),
    result: stop,
    constantColumns: prepared.constant,
    farColumns: prepared.far,
    diverged,
  };
}

/** Architecture settings of the user; all other settings are architecture defaults. */
interface FlowChoice {
  readonly flow: ArchitectureName;
  readonly transforms?: number;
  readonly hidden?: readonly number[];
  readonly bins?: number;
  /** Half the width of the box in which splines act, in standard deviations. */
  readonly bound?: number;
}

/** A new flow as the user chose it. */
function chosenFlow({ flow, transforms, hidden, bins, bound }: FlowChoice, sizes: FlowSizes): Flow | ConditionalFlow {
  return createFlow(flow, {
    ...sizes,
    ...(transforms !== undefined && { transforms }),
    ...(hidden !== undefined && { hidden }),
    ...(bins !== undefined && { bins }),
    ...(bound !== undefined && { bound }),
  });
}
