import { classColumns, type RowLayout, type TableRows } from "@pushforward/tables/extend";
import {
  createKey,
  type FitAutoEvent,
  type FitAutoOptions,
  type FitAutoResult,
  fitAutoEvents,
  parameterCount,
  type TrainResult,
} from "pushforward";
import type { FittedTable } from "./fit-named-flow.ts";

/** Settings of a fit; absent settings have the defaults of `fitAuto`. */
export interface FitAutoFlowOptions
  extends Pick<
    FitAutoOptions,
    | "quality"
    | "select"
    | "kernelBaseline"
    | "maxEpochs"
    | "patience"
    | "batchSize"
    | "learningRate"
    | "transforms"
    | "hidden"
    | "bins"
    | "threads"
    | "stream"
    | "memberTrainer"
    | "signal"
  > {
  /** `gmm`: only the mixture of Gaussians. */
  readonly flow: "auto" | "gmm";
  readonly dequantize: boolean;
  /** Whether columns have bounds. */
  readonly rules: boolean;
  readonly seed: number;
  readonly onEvent?: ((event: FitAutoEvent) => void) | undefined;
}

/** A fitted model, with the result of `fitAuto`. */
export interface FittedAuto extends FittedTable {
  readonly auto: FitAutoResult;
}

/** Lets `fitAuto` find the density of rows. */
export async function fitAutoFlow(
  train: TableRows,
  validation: TableRows,
  layout: RowLayout,
  options: FitAutoFlowOptions,
): Promise<FittedAuto> {
  const { flow, seed, dequantize, rules, onEvent, quality, select, kernelBaseline, maxEpochs, patience } = options;
  const { batchSize, learningRate, transforms, hidden, bins, threads, stream, memberTrainer, signal } = options;
  const [, key] = createKey(seed).split(2);
  const events = fitAutoEvents(train, {
    ...{
      quality,
      select,
      kernelBaseline,
      maxEpochs,
      patience,
      batchSize,
      learningRate,
      transforms,
      hidden,
      bins,
      threads,
    },
    ...{ stream, memberTrainer, signal },
    key,
    validation,
    contextClasses: classColumns(layout),
    columnNames: layout.columns,
    bounds: rules,
    ...(flow === "gmm" && { members: [] }),
    ...(!dequantize && { dequantize: [] }),
  });
  for (;;) {
    const next = await events.next();
    if (!next.done) {
      onEvent?.(next.value);
      continue;
    }
    const auto = next.value;
    return {
      flow: auto.model,
      parameters: parameterCount(auto.model.parameters()),
      result: trainingOf(auto),
      constantColumns: auto.constant,
      auto,
    };
  }
}

/**
 * Results of the fit as a whole: the largest number of epochs of any member, and the best epoch of the heaviest member.
 */
function trainingOf({ members, reason, seconds, cpuSeconds }: FitAutoResult): TrainResult {
  const heaviest = members.reduce((a, b) => (b.weight > a.weight ? b : a), members[0] as (typeof members)[number]);
  const bestEpoch = heaviest?.training.bestEpoch;
  return {
    reason,
    epochs: Math.max(0, ...members.map(({ training }) => training.epochs)),
    steps: members.reduce((sum, { training }) => sum + training.steps, 0),
    ...(bestEpoch !== undefined && { bestEpoch }),
    weights: "best",
    seconds,
    ...(cpuSeconds !== undefined && { cpuSeconds }),
  };
}
