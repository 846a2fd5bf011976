import { createKey, DataError, type Key } from "@pushforward/core";
import type { ConditionalFlow, Flow, Standardization } from "@pushforward/flows";
import { inTableUnits, splitStandardization } from "@pushforward/flows/extend";
import { farRowStatistics, splineBound, standardizeRows } from "./standardize-rows.ts";
import type { TableRows } from "./table-rows.ts";

/** What the rows say about their flow. */
export interface FlowSizes {
  readonly features: number;
  readonly context: number | undefined;
  readonly key: Key;
  readonly standardize: Standardization;
  readonly standardizeContext: Standardization | undefined;
  /** Half the width of the box of splines. */
  readonly bound: number;
}

/** A new flow of a table, and what it is trained on. */
export interface PreparedFlow {
  /** The flow in the units of the table. */
  readonly flow: Flow | ConditionalFlow;
  /** The flow without the units of the table at its ends. It shares its parameters with `flow`: train this one. */
  readonly inner: Flow | ConditionalFlow;
  /** Rows in standard units. */
  readonly train: TableRows;
  readonly validation: TableRows;
  /** Other rows in the same units. */
  readonly standardize: (rows: TableRows) => TableRows;
  /** For the training. */
  readonly key: Key;
  readonly bound: number;
  /** A loss of `inner` plus this is in nats per row, in the units of the table. */
  readonly logVolume: number;
  /** Indices of columns that are constant. */
  readonly constant: readonly number[];
  /** Indices of columns with values so far from all others that they are learned on a scale that bends far out. */
  readonly far: readonly number[];
}

/**
 * A new flow for the rows of a table, and the rows in standard units. The same seed gives the same weights and batches in
 * every program.
 *
 * @param make makes the flow, for instance `(sizes) => createFlow("maf", sizes)`.
 * @throws {DataError} there are fewer than two training rows.
 */
export function prepareFlow(
  train: TableRows,
  validation: TableRows,
  seed: number,
  make: (sizes: FlowSizes) => Flow | ConditionalFlow,
): PreparedFlow {
  const [rows = 0, features = 0] = train.x.shape;
  if (rows < 2) throw new DataError(`train: expected at least 2 training rows, got ${rows}.`);
  const [initKey, key] = createKey(seed).split(2);
  const statistics = farRowStatistics(train, validation.x.shape[0] === 0 ? train : validation);
  const toStandard = (rows: TableRows): TableRows => standardizeRows(rows, statistics);
  const standard = toStandard(train);
  const bound = splineBound(standard.x);
  const flow = make({
    features,
    context: train.context?.shape[1],
    key: initKey,
    standardize: { mean: statistics.x.mean, sd: statistics.x.sd },
    standardizeContext: statistics.context && { mean: statistics.context.mean, sd: statistics.context.sd },
    bound,
  });
  return {
    flow: inTableUnits(flow, statistics.farX, statistics.farContext),
    inner: splitStandardization(flow).inner,
    train: standard,
    validation: toStandard(validation),
    standardize: toStandard,
    key,
    bound,
    logVolume: statistics.logVolume,
    constant: statistics.x.constant,
    far: statistics.farX?.columns ?? [],
  };
}
