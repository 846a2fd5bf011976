import type { Parameter } from "@pushforward/core";
import type {
  AutoregressiveStructure,
  LoweredAutoregressiveSteps,
  NetworkLayer,
  NetworkSettings,
  PlanBuilder,
  PlanMatrix,
} from "@pushforward/core/extend";
import { dropsBehind, layerForms, type NetworkOptions } from "../named/network.ts";

/** Options of {@link networkStep}. */
export interface NetworkStepOptions extends Omit<NetworkOptions, "dropout"> {
  /** The share of the activations that a step of training drops. Default: none. */
  readonly dropout?: number;
}

/** One linear layer of a network in a plan; see `NetworkLayer`. */
export interface NetworkStepLayer extends NetworkLayer<Parameter> {
  /** False: no dropout after the layer. */
  readonly drops?: boolean;
}

/** The op `network` as a step of a plan: x `[rows, in]`, context `[rows, contextSize]` → `[rows, out]`. */
export function networkStep(
  plan: PlanBuilder,
  x: PlanMatrix,
  context: PlanMatrix | undefined,
  layers: readonly NetworkStepLayer[],
  options: NetworkStepOptions,
): PlanMatrix {
  const { parameters, settings } = networkParts(layers, options);
  const inputs: [PlanMatrix, PlanMatrix?] = context === undefined ? [x] : [x, context];
  return plan.add("network", { inputs, parameters, settings })[0];
}

/** The parameters of all layers as a list, and for each layer the indices of its parameters. */
function networkParts(
  layers: readonly NetworkStepLayer[],
  { activation, residual, dropout = 0 }: NetworkStepOptions,
): { readonly parameters: readonly Parameter[]; readonly settings: NetworkSettings } {
  const parameters: Parameter[] = [];
  const place = (parameter: Parameter): number => parameters.push(parameter) - 1;
  const formed = layerForms(layers, residual);
  const shapes = formed.map(({ weight, bias, mask, contextWeight, contextMask, contextBias, drops, ...form }, i) => ({
    inputs: weight.shape[0] as number,
    outputs: weight.shape[1] as number,
    weight: place(weight),
    ...(bias && { bias: place(bias) }),
    ...(mask && { mask: place(mask) }),
    ...(contextWeight && { contextWeight: place(contextWeight) }),
    ...(contextMask && { contextMask: place(contextMask) }),
    ...(contextBias && { contextBias: place(contextBias) }),
    ...(form.contextUse && { contextUse: form.contextUse }),
    ...(form.raw && { raw: form.raw }),
    ...(form.adds && { adds: form.adds }),
    ...(dropout > 0 && drops !== false && dropsBehind(i, formed) && { dropout }),
  }));
  return { parameters, settings: { activation, layers: shapes } };
}

/** An autoregressive network. */
export interface AutoregressiveStepsOptions extends Omit<NetworkOptions, "dropout">, AutoregressiveStructure {}

/** An autoregressive network evaluated rank by rank; all ranks together cost one pass. */
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
