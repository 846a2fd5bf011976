import type {
  AutoregressiveStructure,
  LoweredAutoregressiveSteps,
  PlanBuilder,
  PlanMatrix,
} from "@pushforward/core/extend";
import type { NetworkOptions } from "../named/network.ts";
import { type NetworkStepLayer, networkParts } from "./network-step.ts";

/** An autoregressive network. */
export interface AutoregressiveStepsOptions extends Omit<NetworkOptions, "dropout">, AutoregressiveStructure {}

/** An autoregressive network evaluated rank by rank, all together for the price of one pass. */
export function autoregressiveSteps(
  plan: PlanBuilder,
  context: PlanMatrix | undefined,
  layers: readonly NetworkStepLayer[],
  { order, outputsPerVariable, degrees, isSparse, ...options }: AutoregressiveStepsOptions,
): LoweredAutoregressiveSteps {
  const { parameters, settings } = networkParts(layers, options);
  plan.add("autoregressiveBegin", {
    inputs: context === undefined ? [] : [context],
    parameters,
    settings: { ...settings, order: [...order], outputsPerVariable, degrees, ...(isSparse && { isSparse }) },
  });
  const continues = plan.lastStep;
  let rank = 0;
  return {
    next: (previous) =>
      plan.add("autoregressiveStep", {
        // The context must stay where it is until the last step.
        inputs: [...(previous === undefined ? [] : [previous]), ...(context === undefined ? [] : [context])],
        settings: { rank: rank++ },
        continues,
      })[0],
  };
}
