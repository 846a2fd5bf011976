// The steps of plans that are networks: which kernels they call, on which arrays.
import type { Activation } from "./activation.ts";
import { linearRanges, linearRangesSize } from "./linear-ranges.ts";
import { type Network, networkBackward, networkForward, networkWorkspace } from "./network.ts";
import { type NetworkSteps, networkStep, networkStepsBegin, networkStepsWorkspace } from "./network-steps.ts";
import type { StepCall, StepKind, StepSettings } from "./step-kind.ts";

/** Sizes of a layer, and the places of its arrays among the parameters of the step, −1 for those it has not. */
interface LayerPlaces {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: number;
  readonly bias: number;
  readonly mask: number;
  readonly contextWeight: number;
}

/** The op `network`: inputs x and, with a context, its rows. What is known of the masks comes first in `saved`. */
export const networkKind: StepKind = {
  hasGradient: true,
  memory: ({ rows, inputs, settings }) => {
    const { saved, scratch } = networkWorkspace(networkOf(settings), rows, inputs[1]);
    return { saved: rangesSize(settings) + saved, scratch };
  },
  weights: (settings, parameter) => {
    const { layers } = settings as unknown as { readonly layers: readonly LayerPlaces[] };
    let sum = 0;
    for (const { inputs, outputs, mask, contextWeight } of layers) {
      sum += mask < 0 ? inputs * outputs : Array.from(parameter(mask)).reduce((live, value) => live + value, 0);
      if (contextWeight >= 0) sum += parameter(contextWeight).length;
    }
    return sum;
  },
  bind: (call) => {
    const { kernels, rows, settings, input, output, saved, scratch, dOutput, dInput, dParameters } = call;
    const network = withRanges(call);
    const activations = saved.subarray(rangesSize(settings));
    const given = { batch: rows, x: input[0] as Float32Array, context: input[1] };
    const y = output[0] as Float32Array;
    const gradients = {
      x: dInput[0],
      context: dInput[1],
      // None for a network that is frozen as a whole.
      layers: dParameters.some((d) => d !== undefined)
        ? networkOf(settings, dParameters as readonly Float32Array[]).layers
        : [],
    };
    return {
      forward: () => networkForward(kernels, network, given, y, activations, scratch),
      backward: () =>
        networkBackward(kernels, network, given, dOutput[0] as Float32Array, gradients, activations, scratch),
    };
  },
};

/** The op `networkSequenceBegin`: input the context, if there is one. */
export const networkSequenceBegin: StepKind = {
  hasGradient: false,
  memory: ({ rows, inputs, settings }) => {
    const input = { batch: rows };
    const { state, scratch } = networkStepsWorkspace(networkOf(settings), sequenceOf(settings), input, inputs[0]);
    return { saved: state, scratch };
  },
  bind: ({ kernels, rows, settings, input, parameters, saved, scratch }) => {
    const network = networkOf(settings, parameters);
    const given = { batch: rows, context: input[0] };
    return {
      forward: () => networkStepsBegin(kernels, network, sequenceOf(settings), given, saved, scratch),
    };
  },
};

/** The op `networkSequenceStep`: inputs the values of the variable before, then the context, each if there is one. */
export const networkSequenceStep: StepKind = {
  hasGradient: false,
  bind: ({ kernels, rows, settings, input, output, parameters, saved, scratch }) => {
    const network = networkOf(settings, parameters);
    const { rank, hasContext } = settings as { rank: number; hasContext: boolean };
    const previous = rank > 0 ? (input[0] as Float32Array) : undefined;
    const given = { batch: rows, context: hasContext ? input[input.length - 1] : undefined };
    const out = output[0] as Float32Array;
    return {
      forward: () => networkStep(kernels, network, sequenceOf(settings), given, rank, previous, out, saved, scratch),
    };
  },
};

const NONE = new Float32Array(0);

/** The network that a step's settings describe, with its arrays, or without any, for its sizes. */
function networkOf(settings: StepSettings, parameters?: readonly Float32Array[]): Network {
  const { activation, residual, layers } = settings as unknown as {
    readonly activation: Activation;
    readonly residual: boolean;
    readonly layers: readonly LayerPlaces[];
  };
  const at = (place: number): Float32Array | undefined => (place < 0 ? undefined : (parameters?.[place] ?? NONE));
  return {
    activation,
    residual,
    layers: layers.map(({ inputs, outputs, weight, bias, mask, contextWeight }) => ({
      inputs,
      outputs,
      weight: at(weight) as Float32Array,
      bias: at(bias),
      mask: at(mask),
      contextWeight: at(contextWeight),
    })),
  };
}

function sequenceOf(settings: StepSettings): NetworkSteps {
  return settings as unknown as NetworkSteps;
}

function rangesSize(settings: StepSettings): number {
  const { layers } = settings as unknown as { readonly layers: readonly LayerPlaces[] };
  return layers.reduce((sum, layer) => sum + (layer.mask < 0 ? 0 : linearRangesSize(layer)), 0);
}

/** What is known of masks, by what stands for their values. */
const knownRanges = new WeakMap<object, Int32Array>();

/** The network of a step, whose masks have been looked at, once; what that tells is at the beginning of `saved`. */
function withRanges({ settings, parameters, identities, saved }: StepCall): Network {
  const network = networkOf(settings, parameters);
  const { layers: places } = settings as unknown as { readonly layers: readonly LayerPlaces[] };
  let at = saved.byteOffset;
  const layers = network.layers.map((layer, i) => {
    if (layer.mask === undefined) return layer;
    const ranges = new Int32Array(saved.buffer, at, linearRangesSize(layer));
    at += ranges.byteLength;
    const identity = identities[(places[i] as LayerPlaces).mask];
    const known = identity && knownRanges.get(identity);
    if (known === undefined) linearRanges(layer.mask, layer, ranges);
    else ranges.set(known);
    if (identity !== undefined && known === undefined) knownRanges.set(identity, ranges.slice());
    return { ...layer, ranges };
  });
  return { ...network, layers };
}
