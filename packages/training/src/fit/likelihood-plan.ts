import type { Module } from "@pushforward/core";
import { isConditionalDistribution, isDistribution, type Plan, sizeOf } from "@pushforward/core/extend";
import { planLogProb } from "@pushforward/ops";
import { eventShapeOf, type Table } from "../data/training-data.ts";

/** What the plan of a likelihood depends on. */
export interface LikelihoodParts {
  readonly model: Module;
  /** Rows that show the shapes of those of the steps. */
  readonly sample: Table;
  readonly batchSize: number;
  readonly threads: "auto" | number;
  readonly totalSteps: number;
}

/** A plan, and the batches that it is run for. */
export interface LikelihoodPlan {
  readonly plan: Plan;
  readonly settings: { readonly rows: number; readonly threads: "auto" | number; readonly steps: number };
}

/** The plan of the log-density of rows that a fit trains; undefined for a model that only tensors can compute. */
export function likelihoodPlan(parts: LikelihoodParts): LikelihoodPlan | undefined {
  const { batchSize, model, threads, totalSteps, sample } = parts;
  if (!isDistribution(model) && !isConditionalDistribution(model)) return undefined;
  const { plan } = planLogProb(model, sizeOf(eventShapeOf(sample.x)));
  return plan && { plan, settings: { rows: batchSize, threads, steps: totalSteps } };
}
