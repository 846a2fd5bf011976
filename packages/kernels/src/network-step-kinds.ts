// The steps of plans that are networks: which kernels they call, on which arrays.
import { linearRanges, linearRangesSize } from "./linear-ranges.ts";
import { type ContextUse, type Network, networkBackward, networkForward, networkWorkspace } from "./network.ts";
import { type NetworkSteps, NetworkStepsRun, networkStepsWorkspace } from "./network-steps.ts";
import { KEY_SIZE, type PlanDraws } from "./plan-draws.ts";
import type { BoundStep, StepCall, StepKind, StepSettings } from "./step-kind.ts";

/** Sizes of a layer, and the places of its arrays among the parameters of the step, −1 for those it has not. */
interface LayerPlaces {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: number;
  readonly bias: number;
  readonly mask: number;
  readonly contextWeight: number;
  readonly contextBias?: number;
  /** See `NetworkLayer`. */
  readonly contextUse?: ContextUse;
  readonly raw?: boolean;
  readonly adds?: boolean;
  /** The share of the activations of its outputs that is dropped in training. */
  readonly dropout?: number;
}

/**
 * The op `network`: inputs x and, with a context, its rows. In `saved`, what is known of the masks comes first, and then
 * what is dropped.
 */
export const networkKind: StepKind = {
  hasGradient: true,
  // Which activations are dropped is drawn in each run.
  isFixed: (settings) => layersOf(settings).every(({ dropout }) => dropout === undefined),
  memory: ({ rows, inputs, settings, isTraining }) => {
    const dropped = isTraining ? droppedSize(settings, rows) : 0;
    const network = dropped === 0 ? networkOf(settings) : withDropout(networkOf(settings), settings, () => NONE);
    const { saved, scratch } = networkWorkspace(network, rows, inputs[1]);
    return { saved: rangesSize(settings) + dropped + saved, scratch };
  },
  keys: (settings) => layersOf(settings).flatMap(({ weight, dropout }) => (dropout === undefined ? [] : [weight])),
  weights: (settings, parameter) => {
    let sum = 0;
    for (const { inputs, outputs, mask, contextWeight } of layersOf(settings)) {
      sum += mask < 0 ? inputs * outputs : Array.from(parameter(mask)).reduce((live, value) => live + value, 0);
      if (contextWeight >= 0) sum += parameter(contextWeight).length;
    }
    return sum;
  },
  bind: (call) => {
    const { kernels, rows, settings, input, output, saved, scratch, dOutput, dInput, dParameters } = call;
    const always = withRanges(call);
    const dropping = call.draws && droppingNetwork(call, always);
    const activations = saved.subarray(rangesSize(settings) + (dropping?.size ?? 0));
    let network = always;
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
      forward: () => {
        network = dropping?.draw() ?? always;
        networkForward(kernels, network, given, y, activations, scratch);
      },
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
  bind: ({ kernels, rows, settings, input, parameters, saved, scratch }): BoundSequence => {
    const given = { batch: rows, context: input[0] };
    const network = networkOf(settings, parameters);
    const sequence = new NetworkStepsRun(kernels, network, sequenceOf(settings), given, saved, scratch);
    return { sequence, forward: () => sequence.begin() };
  },
};

/** The op `networkSequenceStep`: inputs the values of the variable before, then the context, each if there is one. */
export const networkSequenceStep: StepKind = {
  hasGradient: false,
  bind: ({ settings, input, output, continues }) => {
    const { sequence } = continues as BoundSequence;
    const rank = settings["rank"] as number;
    const previous = rank > 0 ? input[0] : undefined;
    const out = output[0] as Float32Array;
    return { forward: () => sequence.step(rank, previous, out) };
  },
};

/** What the steps of a sequence continue. */
interface BoundSequence extends BoundStep {
  readonly sequence: NetworkStepsRun;
}

const NONE = new Float32Array(0);

/** The network that a step's settings describe, with its arrays, or without any, for its sizes. */
function networkOf(settings: StepSettings, parameters?: readonly Float32Array[]): Network {
  const { activation } = settings as unknown as Pick<Network, "activation">;
  const at = (place: number): Float32Array | undefined => (place < 0 ? undefined : (parameters?.[place] ?? NONE));
  return {
    activation,
    layers: layersOf(settings).map(({ weight, bias, mask, contextWeight, contextBias, ...layer }) => ({
      inputs: layer.inputs,
      outputs: layer.outputs,
      weight: at(weight) as Float32Array,
      bias: at(bias),
      mask: at(mask),
      contextWeight: at(contextWeight),
      contextBias: at(contextBias ?? -1),
      contextUse: layer.contextUse,
      raw: layer.raw,
      adds: layer.adds,
    })),
  };
}

function layersOf(settings: StepSettings): readonly LayerPlaces[] {
  return (settings as unknown as { readonly layers: readonly LayerPlaces[] }).layers;
}

function sequenceOf(settings: StepSettings): NetworkSteps {
  return settings as unknown as NetworkSteps;
}

function rangesSize(settings: StepSettings): number {
  return layersOf(settings).reduce((sum, layer) => sum + (layer.mask < 0 ? 0 : linearRangesSize(layer)), 0);
}

/** Numbers that say what is dropped. */
function droppedSize(settings: StepSettings, rows: number): number {
  return layersOf(settings).reduce(
    (sum, { outputs, dropout }) => sum + (dropout === undefined ? 0 : rows * outputs),
    0,
  );
}

/** The network with arrays for what is dropped, which `allocate` gives for a number of columns. */
function withDropout(network: Network, settings: StepSettings, allocate: (columns: number) => Float32Array): Network {
  const places = layersOf(settings);
  const layers = network.layers.map((layer, i) =>
    places[i]?.dropout === undefined ? layer : { ...layer, dropout: allocate(layer.outputs) },
  );
  return { ...network, layers };
}

/** A network that drops activations. */
interface DroppingNetwork {
  /** Numbers that say which. */
  readonly size: number;
  /** Draws which; undefined where the step has no keys: it is differentiated, but not trained. */
  draw(): Network | undefined;
}

function droppingNetwork(
  { kernels, rows, settings, draws, saved, scratch }: StepCall,
  always: Network,
): DroppingNetwork {
  const size = droppedSize(settings, rows);
  let at = rangesSize(settings);
  const network = withDropout(always, settings, (columns) => {
    at += rows * columns;
    return saved.subarray(at - rows * columns, at);
  });
  const { firstRow, keys } = draws as PlanDraws;
  const drawn = layersOf(settings).flatMap(({ outputs, dropout: rate }, i) =>
    rate === undefined ? [] : [{ columns: outputs, rate, mask: network.layers[i]?.dropout as Float32Array }],
  );
  const draw = (): Network | undefined => {
    if (drawn.length === 0 || keys[0] === 0) return undefined;
    let key = 1;
    for (const { columns, rate, mask } of drawn) {
      // The rows of the batch one after the other take the blocks of the key, of four numbers each.
      const firstBlock = ((firstRow[0] as number) * columns) / 4;
      kernels.dropoutMask(keys[key] as number, keys[key + 1] as number, firstBlock, rate, mask, scratch);
      key += KEY_SIZE;
    }
    return network;
  };
  return { size, draw };
}

/** What is known of masks, by what stands for their values. */
const knownRanges = new WeakMap<object, Int32Array>();

/** The network of a step, whose masks have been looked at, once; what that tells is at the beginning of `saved`. */
function withRanges({ settings, parameters, identities, saved }: StepCall): Network {
  const network = networkOf(settings, parameters);
  const places = layersOf(settings);
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
