import type { Activation, NetworkLayer } from "@pushforward/core/plain";
import type { Kernels } from "../families/kernels.ts";
import { type LinearSizes, linearScratchSize } from "../families/linear.ts";

/** One layer of a network on arrays. */
export interface ArrayLayer extends NetworkLayer<Float32Array> {
  readonly inputs: number;
  readonly outputs: number;
  /** Of the mask, from {@link linearRanges}. */
  readonly ranges?: Int32Array | undefined;
  /**
   * `[batch, outputs]`: factor of the output activations. Not for a layer that adds to the stream of a residual network.
   */
  readonly dropout?: Float32Array | undefined;
}

/** A feed-forward or residual network, with the semantics of the op `network`. */
export interface Network {
  readonly layers: readonly ArrayLayer[];
  readonly activation: Activation;
}

/** Inputs of the layers. */
export interface NetworkInput {
  readonly batch: number;
  /** `[batch, in]`. */
  readonly x: Float32Array;
  /** `[contextRows, contextSize]`, where `contextRows` is 1 or `batch`. */
  readonly context?: Float32Array | undefined;
  readonly contextRows?: number;
}

/** Destinations of the gradients; absent ones are not computed. */
export interface NetworkGradients {
  readonly x?: Float32Array | undefined;
  readonly context?: Float32Array | undefined;
  readonly layers: readonly {
    readonly weight: Float32Array;
    readonly bias?: Float32Array | undefined;
    readonly contextWeight?: Float32Array | undefined;
    readonly contextBias?: Float32Array | undefined;
  }[];
}

/** Sizes of the arrays that the caller provides, in numbers. */
export interface NetworkWorkspace {
  /** State that {@link networkForward} saves for {@link networkBackward}. */
  readonly saved: number;
  /** Of no use after the call. */
  readonly scratch: number;
}

/** The workspace of a network for a batch. */
export function networkWorkspace(network: Network, batch: number, contextSize = 0): NetworkWorkspace {
  const { layers } = network;
  let [saved, widest, scratch, buffers] = [0, 0, 0, 3];
  for (const [i, layer] of layers.entries()) {
    const { inputs, outputs, contextWeight } = layer;
    if (i > 0) saved += (keepsInput(network, i) ? 2 : 1) * batch * inputs;
    saved += contextArrays(network, layer) * batch * outputs;
    if (contextArrays(network, layer) > 0) buffers = 4;
    widest = Math.max(widest, inputs, outputs);
    scratch = Math.max(scratch, linearScratchSize({ batch, inputs, outputs }));
    if (contextWeight) scratch = Math.max(scratch, linearScratchSize({ batch, inputs: contextSize, outputs }));
  }
  return { saved: Math.max(saved, 1), scratch: scratch + widest + buffers * batch * widest };
}

/** y `[batch, out]`; writes the state for {@link networkBackward} to `saved`. */
export function networkForward(
  kernels: Kernels,
  network: Network,
  input: NetworkInput,
  y: Float32Array,
  saved: Float32Array,
  scratch: Float32Array,
): void {
  const { layers, activation } = network;
  const slots = savedSlots(network, input.batch, saved);
  const buffers = buffersOf(network, input.batch, scratch);
  const last = layers.length - 1;
  let from = input.x;
  let stream: Float32Array | undefined;
  for (const [i, layer] of layers.entries()) {
    if (i > 0) from = (slots[i] as Slot).activation;
    if (i === last) {
      applyLayer(kernels, network, i, input, slots[i], from, y, buffers, {});
      return;
    }
    const next = slots[i + 1] as Slot;
    if (isStream(network, i)) {
      // The stream: each block adds to it, and what it is activated to enters the next layer.
      if (layer.adds !== true) stream = buffers.first.subarray(0, input.batch * layer.outputs);
      const to = stream as Float32Array;
      applyLayer(kernels, network, i, input, slots[i], from, to, buffers, { accumulate: layer.adds === true });
      if (layers[i + 1]?.raw === true) {
        kernels.copy(to, next.activation);
        continue;
      }
      if (next.input !== next.activation) kernels.copy(to, next.input);
      kernels.activate(to, next.activation, activation);
    } else {
      const relu = activation === "relu" && layers[i + 1]?.raw !== true;
      const { dropout } = layer;
      applyLayer(kernels, network, i, input, slots[i], from, next.input, buffers, { relu });
      if (layers[i + 1]?.raw === true) continue;
      // Silu is differentiated from its input, the others from their values before any is dropped.
      const activated = dropout === undefined || activation === "silu" ? next.activation : next.input;
      if (!relu) kernels.activate(next.input, activated, activation);
      if (dropout !== undefined) kernels.multiply(activated, dropout, next.activation);
    }
  }
}

/** The gradients of `Σ dy·y`, after {@link networkForward} with the same network, input and `saved`. */
export function networkBackward(
  kernels: Kernels,
  network: Network,
  input: NetworkInput,
  dy: Float32Array,
  gradients: NetworkGradients,
  saved: Float32Array,
  scratch: Float32Array,
): void {
  const { layers, activation } = network;
  const { batch } = input;
  const slots = savedSlots(network, batch, saved);
  const { first, second, third, fourth, work } = buffersOf(network, batch, scratch);
  if (gradients.context !== undefined) kernels.clear(gradients.context);
  // Where the gradient of the outputs is, and in a residual network that of the stream: a product must not overwrite
  // what it reads, nor what is still needed.
  let d = dy;
  let buffer = dy;
  let streamBuffer = dy;
  const isFree = (one: Float32Array): boolean => one !== buffer && one !== streamBuffer;
  const free = (): Float32Array => (isFree(second) ? second : isFree(third) ? third : first);
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i] as ArrayLayer;
    const slot = slots[i];
    const from = slot === undefined || i === 0 ? input.x : slot.activation;
    const sizes: LinearSizes = { batch, inputs: layer.inputs, outputs: layer.outputs };
    const dProduct = contextGradients(kernels, network, i, input, slot, d, gradients, fourth, work);
    const of = gradients.layers[i];
    if (of !== undefined) {
      const { mask, ranges } = layer;
      kernels.linearWeightGradient(from, dProduct, mask, of.weight, of.bias, sizes, work, ranges);
    }
    if (i === 0) {
      if (gradients.x !== undefined) kernels.linearInputGradient(dProduct, layer, gradients.x, sizes, work);
      return;
    }
    const { input: value, activation: activated } = slot as Slot;
    const opensBlock = layers[i + 1]?.adds === true;
    const target = opensBlock ? streamBuffer : free();
    const to = target.subarray(0, batch * layer.inputs);
    if (layer.raw === true) {
      kernels.linearInputGradient(dProduct, layer, to, sizes, work, { accumulate: opensBlock });
    } else if (activation === "relu") {
      kernels.linearInputGradient(dProduct, layer, to, sizes, work, { gate: activated, accumulate: opensBlock });
    } else {
      const product = opensBlock ? free().subarray(0, to.length) : to;
      kernels.linearInputGradient(dProduct, layer, product, sizes, work);
      kernels.activateGradient(value, product, to, activation, opensBlock);
    }
    const dropout = layers[i - 1]?.dropout;
    if (dropout !== undefined) kernels.multiply(to, dropout, to);
    if (layer.adds !== true) streamBuffer = target;
    d = to;
    buffer = target;
  }
}

/** `true` if the output of layer `i` is the stream of a residual network, to which blocks add. */
export function isStream({ layers }: Network, i: number): boolean {
  return layers[i]?.adds === true || layers[i + 2]?.adds === true;
}

/** Input of a layer, and the context values it keeps. */
interface Slot {
  /** Array for the derivative of the activation, possibly the same array. */
  readonly input: Float32Array;
  readonly activation: Float32Array;
  /** `"activate"`: the context term and the array for its derivative; `"gate"`: the factors and the outputs. */
  readonly context: readonly [Float32Array, Float32Array];
}

/**
 * `true` if the derivative of the activation before a layer needs a separate array. For relu the sign of the activation
 * suffices, and dropped activations have no gradient.
 */
function keepsInput({ layers, activation }: Network, i: number): boolean {
  if (layers[i]?.raw === true) return false;
  return activation === "silu" || (activation !== "relu" && layers[i - 1]?.dropout !== undefined);
}

/** Number of arrays of its output size that a layer keeps for its context. */
function contextArrays({ activation }: Network, { contextWeight, contextUse = "add" }: ArrayLayer): number {
  if (contextWeight === undefined || contextUse === "add") return 0;
  return contextUse === "gate" || activation === "silu" ? 2 : 1;
}

function savedSlots(network: Network, batch: number, saved: Float32Array): Slot[] {
  let at = 0;
  const take = (size: number): Float32Array => {
    at += size;
    return saved.subarray(at - size, at);
  };
  return network.layers.map((layer, i) => {
    const size = i === 0 ? 0 : batch * layer.inputs;
    const activation = take(size);
    const input = i > 0 && keepsInput(network, i) ? take(size) : activation;
    const arrays = contextArrays(network, layer);
    const values = take(arrays > 0 ? batch * layer.outputs : 0);
    return { input, activation, context: [values, arrays > 1 ? take(batch * layer.outputs) : values] };
  });
}

type Buffers = Readonly<Record<"first" | "second" | "third" | "fourth" | "work", Float32Array>>;

function buffersOf(network: Network, batch: number, scratch: Float32Array): Buffers {
  const { layers } = network;
  const size = batch * Math.max(...layers.map(({ inputs, outputs }) => Math.max(inputs, outputs)));
  const fourth = layers.some((layer) => contextArrays(network, layer) > 0) ? size : 0;
  return {
    first: scratch.subarray(0, size),
    second: scratch.subarray(size, 2 * size),
    third: scratch.subarray(2 * size, 3 * size),
    fourth: scratch.subarray(3 * size, 3 * size + fourth),
    work: scratch.subarray(3 * size + fourth),
  };
}

/** Output of a layer; writes the context derivatives to the slot. */
function applyLayer(
  kernels: Kernels,
  network: Network,
  i: number,
  input: NetworkInput,
  slot: Slot | undefined,
  from: Float32Array,
  to: Float32Array,
  buffers: Buffers,
  finish: { accumulate?: boolean; relu?: boolean },
): void {
  const layer = network.layers[i] as ArrayLayer;
  const { inputs, outputs, contextWeight, contextUse = "add" } = layer;
  const { work } = buffers;
  const sizes = { batch: input.batch, inputs, outputs };
  if (contextWeight === undefined || input.context === undefined) {
    kernels.linearForward(from, layer, to, sizes, work, finish);
  } else if (contextUse === "add") {
    addContext(kernels, layer, contextWeight, input, from, to, work, finish);
  } else if (contextUse === "activate") {
    const [values, before] = (slot as Slot).context;
    const given = contextValues(kernels, layer, contextWeight, input, before, work);
    kernels.repeatRow(given, before);
    kernels.activate(before, values, network.activation);
    if (finish.accumulate === true) kernels.add(values, to);
    else kernels.copy(values, to);
    kernels.linearForward(from, layer, to, sizes, work, { ...finish, accumulate: true });
  } else {
    const [gates, outputsBefore] = (slot as Slot).context;
    const given = contextValues(kernels, layer, contextWeight, input, gates, work);
    kernels.activate(given, given, "sigmoid");
    kernels.repeatRow(given, gates);
    kernels.linearForward(from, layer, outputsBefore, sizes, work);
    if (finish.accumulate === true) {
      const gated = buffers.fourth.subarray(0, to.length);
      kernels.multiply(outputsBefore, gates, gated);
      kernels.add(gated, to);
    } else {
      kernels.multiply(outputsBefore, gates, to);
    }
    if (finish.relu === true) kernels.activate(to, to, "relu");
  }
}

/** The context product is the offset of the input product. */
function addContext(
  kernels: Kernels,
  layer: ArrayLayer,
  contextWeight: Float32Array,
  { batch, context, contextRows = batch }: NetworkInput,
  from: Float32Array,
  to: Float32Array,
  work: Float32Array,
  finish: { accumulate?: boolean; relu?: boolean },
): void {
  const { inputs, outputs, contextBias } = layer;
  const sizes = { batch, inputs, outputs };
  const contextLayer = { weight: contextWeight, mask: layer.contextMask, bias: layer.bias };
  const contextSizes = { batch: contextRows, inputs: contextWeight.length / outputs, outputs };
  const given = context as Float32Array;
  if (contextRows === batch) {
    kernels.linearForward(given, contextLayer, to, contextSizes, work, { accumulate: finish.accumulate ?? false });
    const product = { weight: layer.weight, mask: layer.mask, ranges: layer.ranges, bias: contextBias };
    kernels.linearForward(from, product, to, sizes, work, { ...finish, accumulate: true });
    return;
  }
  // One context for all rows is a bias.
  const bias = work.subarray(0, outputs);
  const rest = work.subarray(outputs);
  kernels.linearForward(given, contextLayer, bias, contextSizes, rest);
  if (contextBias !== undefined) kernels.add(contextBias, bias);
  kernels.linearForward(from, { ...layer, bias }, to, sizes, rest, finish);
}

/** The linear map of the context, for the rows that the context has, at the beginning of `to`. */
function contextValues(
  kernels: Kernels,
  { outputs, contextMask: mask, contextBias: bias }: ArrayLayer,
  contextWeight: Float32Array,
  { batch, context, contextRows = batch }: NetworkInput,
  to: Float32Array,
  work: Float32Array,
): Float32Array {
  const rows = to.subarray(0, contextRows * outputs);
  const sizes = { batch: contextRows, inputs: contextWeight.length / outputs, outputs };
  kernels.linearForward(context as Float32Array, { weight: contextWeight, mask, bias }, rows, sizes, work);
  return rows;
}

/** The gradients of the context term of a layer; returns the gradient of `h·(weight ⊙ mask) + bias`, d or in `buffer`. */
function contextGradients(
  kernels: Kernels,
  network: Network,
  i: number,
  { batch, context, contextRows = batch }: NetworkInput,
  slot: Slot | undefined,
  d: Float32Array,
  gradients: NetworkGradients,
  buffer: Float32Array,
  work: Float32Array,
): Float32Array {
  const { outputs, contextWeight, contextMask: mask, contextUse = "add" } = network.layers[i] as ArrayLayer;
  if (contextWeight === undefined || context === undefined) return d;
  const [values, before] = (slot as Slot).context;
  const inBuffer = buffer.subarray(0, d.length);
  let dContext = d;
  if (contextUse === "activate") {
    dContext = inBuffer;
    kernels.activateGradient(before, d, dContext, network.activation);
  } else if (contextUse === "gate") {
    dContext = inBuffer;
    kernels.multiply(d, before, dContext);
    kernels.activateGradient(values, dContext, dContext, "sigmoid");
  }
  let rest = work;
  if (contextRows !== batch) {
    const sums = work.subarray(0, outputs);
    rest = work.subarray(outputs);
    kernels.sumRows(dContext, sums);
    dContext = sums;
  }
  const of = gradients.layers[i];
  const sizes = { batch: contextRows, inputs: contextWeight.length / outputs, outputs };
  if (of?.contextWeight !== undefined) {
    kernels.linearWeightGradient(context, dContext, mask, of.contextWeight, of.contextBias, sizes, rest);
  }
  if (gradients.context !== undefined) {
    kernels.linearInputGradient(dContext, { weight: contextWeight, mask }, gradients.context, sizes, rest, {
      accumulate: true,
    });
  }
  if (contextUse !== "gate") return d;
  kernels.multiply(d, values, inBuffer);
  return inBuffer;
}
