// The steps of plans that are networks: which kernels they call, on which arrays.
import type { NetworkSettings } from "@pushforward/core/plain";
import { ArrayAutoregressiveSteps, autoregressiveWorkspace } from "../network/autoregressive-steps.ts";
import { linearRanges, linearRangesSize } from "../network/linear-ranges.ts";
import { type Network, networkBackward, networkForward, networkWorkspace } from "../network/network.ts";
import { type BoundStep, KEY_SIZE, type PlanDraws, type StepCall, type StepKind } from "./step-kind.ts";

/**
 * The op `network`. Its inputs are x and, with a context, the context rows. `saved` starts with the ranges of the
 * masks, followed by the dropout data.
 */
export const networkKind: StepKind<"network"> = {
  // Which activations are dropped is drawn in each run.
  isFixed: (settings) => settings.layers.every(({ dropout }) => dropout === undefined),
  memory: ({ rows, inputs, settings, isTraining }) => {
    const dropped = isTraining ? droppedSize(settings, rows) : 0;
    const network = dropped === 0 ? networkOf(settings) : withDropout(networkOf(settings), settings, () => NONE);
    const { saved, scratch } = networkWorkspace(network, rows, inputs[1]);
    return { saved: rangesSize(settings) + dropped + saved, scratch };
  },
  keys: (settings) => settings.layers.flatMap(({ weight, dropout }) => (dropout === undefined ? [] : [weight])),
  weights: (settings, parameter) => {
    let sum = 0;
    for (const { inputs, outputs, mask, contextWeight } of settings.layers) {
      sum +=
        mask === undefined ? inputs * outputs : Array.from(parameter(mask)).reduce((live, value) => live + value, 0);
      if (contextWeight !== undefined) sum += parameter(contextWeight).length;
    }
    return sum;
  },
  bind: (call) => {
    const { kernels, rows, settings, input, output, saved, scratch, dOutput, dInput, dParameters } = call;
    const always = withRanges(call);
    const dropping = call.draws && droppingNetwork(call, always);
    const activations = saved.subarray(rangesSize(settings) + (dropping?.size ?? 0));
    let network = always;
    const given = { batch: rows, x: input[0], context: input[1] };
    const y = output[0];
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
      backward: () => networkBackward(kernels, network, given, dOutput[0], gradients, activations, scratch),
    };
  },
};

/** The op `autoregressiveBeginKind`. Its input is the context, if any. */
export const autoregressiveBeginKind: StepKind<"autoregressiveBegin"> = {
  memory: ({ rows, inputs, settings }) => {
    const input = { batch: rows };
    const { state, scratch } = autoregressiveWorkspace(networkOf(settings), settings, input, inputs[0]);
    return { saved: state, scratch };
  },
  bind: ({ kernels, rows, settings, input, parameters, saved, scratch }): BoundRun => {
    const given = { batch: rows, context: input[0] };
    const network = networkOf(settings, parameters);
    const steps = new ArrayAutoregressiveSteps(kernels, network, settings, given, saved, scratch);
    return { steps, forward: () => steps.begin() };
  },
};

/** The op `autoregressiveStepKind`. Its inputs are the values of the previous variable and the context, if present. */
export const autoregressiveStepKind: StepKind<"autoregressiveStep"> = {
  bind: ({ settings, input, output, continues }) => {
    const { steps } = continues as BoundRun;
    const { rank } = settings;
    const previous = rank > 0 ? input[0] : undefined;
    const out = output[0];
    return { forward: () => steps.step(rank, previous, out) };
  },
};

/** A bound step that autoregressive steps continue. */
interface BoundRun extends BoundStep {
  readonly steps: ArrayAutoregressiveSteps;
}

const NONE = new Float32Array(0);

/** The network that a step's settings describe, with its arrays, or without any, for its sizes. */
function networkOf(settings: NetworkSettings, parameters?: readonly Float32Array[]): Network {
  const at = (place: number | undefined): Float32Array | undefined =>
    place === undefined ? undefined : (parameters?.[place] ?? NONE);
  return {
    activation: settings.activation,
    layers: settings.layers.map(({ weight, bias, mask, contextWeight, contextMask, contextBias, ...layer }) => ({
      inputs: layer.inputs,
      outputs: layer.outputs,
      weight: at(weight) as Float32Array,
      bias: at(bias),
      mask: at(mask),
      contextWeight: at(contextWeight),
      contextMask: at(contextMask),
      contextBias: at(contextBias),
      contextUse: layer.contextUse,
      raw: layer.raw,
      adds: layer.adds,
    })),
  };
}

function rangesSize(settings: NetworkSettings): number {
  return settings.layers.reduce((sum, layer) => sum + (layer.mask === undefined ? 0 : linearRangesSize(layer)), 0);
}

/** Size of the dropout data, in numbers. */
function droppedSize(settings: NetworkSettings, rows: number): number {
  return settings.layers.reduce((sum, { outputs, dropout }) => sum + (dropout === undefined ? 0 : rows * outputs), 0);
}

/** The network with arrays for the dropped activations. `allocate` returns an array for a number of columns. */
function withDropout(
  network: Network,
  settings: NetworkSettings,
  allocate: (columns: number) => Float32Array,
): Network {
  const places = settings.layers;
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
  { kernels, rows, settings, draws, saved, scratch }: StepCall<"network">,
  always: Network,
): DroppingNetwork {
  const size = droppedSize(settings, rows);
  let at = rangesSize(settings);
  const network = withDropout(always, settings, (columns) => {
    at += rows * columns;
    return saved.subarray(at - rows * columns, at);
  });
  const { firstRow, keys } = draws as PlanDraws;
  const drawn = settings.layers.flatMap(({ outputs, dropout: rate }, i) =>
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

/** Ranges of masks that were already scanned, keyed by the identity of the mask values. */
const knownRanges = new WeakMap<object, Int32Array>();

/** Returns the network of a step after scanning each of its masks once. The ranges are at the start of `saved`. */
function withRanges({ settings, parameters, identities, saved }: StepCall<"network">): Network {
  const network = networkOf(settings, parameters);
  const places = settings.layers;
  let at = saved.byteOffset;
  const layers = network.layers.map((layer, i) => {
    if (layer.mask === undefined) return layer;
    const ranges = new Int32Array(saved.buffer, at, linearRangesSize(layer));
    at += ranges.byteLength;
    const identity = identities[places[i]?.mask as number];
    const known = identity && knownRanges.get(identity);
    if (known === undefined) linearRanges(layer.mask, layer, ranges);
    else ranges.set(known);
    if (identity !== undefined && known === undefined) knownRanges.set(identity, ranges.slice());
    return { ...layer, ranges };
  });
  return { ...network, layers };
}
