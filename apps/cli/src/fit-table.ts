import {
  type ConditionalFlow,
  columnStatistics,
  cosine,
  createKey,
  DataError,
  type Flow,
  fit,
  type NdArray,
  ndArray,
  parameterCount,
  splitStandardisation,
  type TrainEvent,
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
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
}

/** A fitted flow, in the units of the file. */
export interface FittedTable {
  readonly flow: Flow | ConditionalFlow;
  readonly parameters: number;
  readonly result: TrainResult;
  readonly constantColumns: readonly number[];
}

/**
 * Fits a flow to rows. The columns are standardised in float64 with the statistics of the training rows; the
 * standardisation becomes part of the model.
 */
export async function fitTable(train: Part, validation: Part, options: FitTableOptions): Promise<FittedTable> {
  const [rows, features] = train.x.shape as unknown as readonly [number, number];
  if (rows < 2) throw new DataError(`fit: expected at least 2 training rows, got ${rows}.`);
  const [initKey, fitKey] = createKey(options.seed).split(2) as [never, never];
  const { mean, sd, constant } = columnStatistics(train.x);
  const ofContext = train.context === undefined ? undefined : columnStatistics(train.context);
  const context = train.context?.shape[1] ?? 0;
  const flow = createFlow({ ...options.choice, features, context }, initKey, {
    standardise: { mean, sd },
    ...(ofContext === undefined ? {} : { standardiseContext: { mean: ofContext.mean, sd: ofContext.sd } }),
  });
  // Trained in standardised space, on rows that were standardised in float64.
  const { inner } = splitStandardisation(flow);
  const standardised = (part: Part): { x: NdArray; context?: NdArray } => ({
    x: ndArray(
      part.x.shape,
      Float32Array.from(part.x.data, (v, i) => (v - (mean[i % features] as number)) / (sd[i % features] as number)),
    ),
    ...(part.context === undefined ? {} : { context: part.context }),
  });
  const events = fit(inner, standardised(train), {
    key: fitKey,
    validation: standardised(validation),
    epochs: options.epochs,
    patience: options.patience,
    batchSize: options.batchSize,
    learningRate: options.learningRate === undefined ? undefined : cosine({ rate: options.learningRate }),
    signal: options.signal,
  });
  for (;;) {
    const { done, value } = await events.next();
    if (done) return { flow, parameters: parameterCount(flow.parameters()), result: value, constantColumns: constant };
    options.onEvent?.(value);
  }
}
