import {
  type ConditionalFlow,
  columnStatistics,
  cosine,
  createKey,
  DataError,
  type Flow,
  fit,
  type NdArray,
  parameterCount,
  splitStandardisation,
  standardise,
  type TrainEvent,
  TrainingDivergedError,
  type TrainingSet,
  type TrainResult,
} from "pushforward";
import { createFlow, type FlowChoice } from "./flow-choice.ts";

/** Rows for a purpose, in the units of the file. */
export interface Part {
  readonly x: NdArray;
  readonly context?: NdArray | undefined;
}

/** What to fit and how; what is absent is the default of the flow or of the training. */
export interface FitTableOptions {
  readonly choice: Omit<FlowChoice, "features" | "context">;
  readonly seed: number;
  readonly epochs?: number | undefined;
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
  /** Why the fit ended before its time; the flow has the best weights until then. */
  readonly diverged?: TrainingDivergedError | undefined;
}

/**
 * Fits a flow to rows. The columns are standardised in float64 with the statistics of the training rows; the
 * standardisation becomes part of the model.
 *
 * @throws {TrainingDivergedError} in the first epoch, before there is anything worth keeping.
 */
export async function fitTable(train: Part, validation: Part, options: FitTableOptions): Promise<FittedTable> {
  const [rows, features] = train.x.shape as unknown as readonly [number, number];
  if (rows < 2) throw new DataError(`fit: expected at least 2 training rows, got ${rows}.`);
  const [initKey, fitKey] = createKey(options.seed).split(2);
  const { mean, sd, constant } = columnStatistics(train.x);
  const ofContext = train.context === undefined ? undefined : columnStatistics(train.context);
  const context = train.context?.shape[1] ?? 0;
  const bound = boxFor(standardise(train.x, { mean, sd }));
  const flow = createFlow({ bound, ...options.choice, features, context }, initKey, {
    standardise: { mean, sd },
    ...(ofContext === undefined ? {} : { standardiseContext: { mean: ofContext.mean, sd: ofContext.sd } }),
  });
  // Trained in standardised space, on rows that were standardised in float64.
  const { inner } = splitStandardisation(flow);
  const standardised = (part: Part): TrainingSet => ({
    x: standardise(part.x, { mean, sd }),
    context: part.context && ofContext && standardise(part.context, ofContext),
  });
  const events = fit(inner, standardised(train), {
    key: fitKey,
    validation: standardised(validation),
    epochs: options.epochs,
    patience: options.patience,
    batchSize: options.batchSize,
    learningRate: options.learningRate === undefined ? undefined : cosine({ rate: options.learningRate }),
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
  return { flow, parameters: parameterCount(flow.parameters()), result: stop, constantColumns: constant, diverged };
}

// Beyond its box a spline is the identity, so the box should hold what there is to learn. A single outlier at 50
// standard deviations must not take the bins away from everything else, though.
const LARGEST_BOX = 8;
const SMALLEST_BOX = 5;

/** Half the width of the box of the splines, in standard deviations: it holds the training rows, within limits. */
function boxFor({ data }: NdArray): number {
  let largest = 0;
  for (const z of data) largest = Math.max(largest, Math.abs(z));
  return Math.min(LARGEST_BOX, Math.max(SMALLEST_BOX, Math.ceil(largest)));
}
