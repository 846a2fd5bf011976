import type { Bijection, BijectionFamily } from "../contracts/bijection.ts";
import type { AutoregressiveConditioner, Conditioner } from "../contracts/conditioner.ts";
import type { ConditionalDistribution, Distribution } from "../contracts/distribution.ts";
import {
  type Direction,
  type LoweredAutoregressiveSteps,
  type LoweredMap,
  loweredOrReason,
  type PlanBuilder,
  type PlanMatrix,
  type RecipeOrReason,
  refuseToLower,
  type SampleRecipe,
} from "./plan.ts";

/** Adds one direction of a bijection to a plan. Passes the context only to a bijection that takes one. */
export function lowerBijection(
  bijection: Bijection,
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  context?: PlanMatrix,
): LoweredMap {
  if (bijection.lower === undefined) return refuse(bijection);
  return bijection.lower(plan, direction, value, bijection.contextShape === undefined ? undefined : context);
}

/** Adds the maps of a family to a plan: value `[rows, n]`, parameters `[rows, n·parameterCount]`. */
export function lowerFamily(
  family: BijectionFamily,
  plan: PlanBuilder,
  direction: Direction,
  value: PlanMatrix,
  parameters: PlanMatrix,
): LoweredMap {
  return family.lower?.(plan, direction, value, parameters) ?? refuse(family);
}

/** Adds a conditioner to a plan. */
export function lowerConditioner(
  conditioner: Conditioner,
  plan: PlanBuilder,
  x: PlanMatrix,
  context?: PlanMatrix,
): PlanMatrix {
  return conditioner.lower?.(plan, x, context) ?? refuse(conditioner);
}

/** Begins to add a conditioner to a plan variable by variable. */
export function lowerConditionerSteps(
  conditioner: AutoregressiveConditioner,
  plan: PlanBuilder,
  context?: PlanMatrix,
): LoweredAutoregressiveSteps {
  return conditioner.lowerSteps?.(plan, context) ?? refuse(conditioner);
}

/**
 * Adds the log-density of a distribution to a plan. The log-density is the sum of all columns of the returned matrices.
 */
export function lowerDistribution(
  distribution: Distribution | ConditionalDistribution,
  plan: PlanBuilder,
  value: PlanMatrix,
  context?: PlanMatrix,
): readonly PlanMatrix[] {
  return distribution.lower?.(plan, value, context) ?? refuse(distribution);
}

/** How samples of a distribution are made, for a recipe that it is a part of. */
export function lowerSample(distribution: Distribution | ConditionalDistribution): SampleRecipe {
  if (distribution.lowerSample === undefined) {
    refuseToLower(`${distribution.constructor.name} is sampled with tensors only`);
  }
  return distribution.lowerSample();
}

/** Returns the sampling recipe of a distribution, or the reason that only tensors can make its samples. */
export function sampleRecipe(distribution: Distribution | ConditionalDistribution): RecipeOrReason {
  return loweredOrReason(() => ({ recipe: lowerSample(distribution) }));
}

/** Refuses to lower a map on events of `columns` numbers if the rows have a different width. */
export function checkPlanColumns(where: string, value: PlanMatrix, columns: number): void {
  if (value.columns !== columns)
    refuseToLower(`${where} maps ${columns} columns, and the events have ${value.columns}`);
}

function refuse(part: object): never {
  refuseToLower(`${part.constructor.name} is computed with tensors only`);
}
