import type { LoweredSteps, PlanBuilder, PlanMatrix } from "@pushforward/core";
import type { NetworkOptions } from "./network.ts";
import { type NetworkStepLayer, networkParts } from "./network-step.ts";

/** What makes a network autoregressive. */
export interface NetworkSequenceOptions extends Omit<NetworkOptions, "dropout"> {
  /** `order[i]` is the rank of variable i; variables of one rank are generated together. */
  readonly order: readonly number[];
  readonly outputsPerVariable: number;
  /** Degrees of the units of each hidden layer, sorted: a unit of degree k knows the variables of ranks below k. */
  readonly degrees: readonly (readonly number[])[];
}

/** An autoregressive network evaluated variable by variable, all together for the price of one pass. */
export function networkSequence(
  plan: PlanBuilder,
  context: PlanMatrix | undefined,
  layers: readonly NetworkStepLayer[],
  { order, outputsPerVariable, degrees, ...options }: NetworkSequenceOptions,
): LoweredSteps {
  const { parameters, settings } = networkParts(layers, options);
  plan.add("networkSequenceBegin", {
    inputs: context === undefined ? [] : [context],
    outputs: [],
    parameters,
    settings: { ...settings, order: [...order], outputsPerVariable, degrees },
  });
  const continues = plan.lastStep;
  let rank = 0;
  return {
    next: (previous) =>
      plan.add("networkSequenceStep", {
        inputs: [...(previous === undefined ? [] : [previous]), ...(context === undefined ? [] : [context])],
        outputs: [outputsPerVariable * order.filter((r) => r === rank).length],
        settings: { rank: rank++ },
        continues,
      })[0] as PlanMatrix,
  };
}
