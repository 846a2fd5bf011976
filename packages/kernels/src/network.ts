import type { Activation } from "./activation.ts";
import { type Kernels, type LinearLayer, type LinearSizes, linearScratchSize } from "./kernels.ts";

/** One layer of a network, `h·(weight ⊙ mask) + bias + context·contextWeight`. */
export interface NetworkLayer extends LinearLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** `[contextSize, outputs]`. */
  readonly contextWeight?: Float32Array | undefined;
  /**
   * `[batch, outputs]`: what the activations of the outputs are multiplied by. Not for a layer that adds to the stream of a
   * residual network.
   */
  readonly dropout?: Float32Array | undefined;
}

/** A feed-forward or residual network; the meaning of both is that of the op `network`. */
export interface Network {
  readonly layers: readonly NetworkLayer[];
  readonly activation: Activation;
  readonly residual: boolean;
}

/** What the layers compute from. */
export interface NetworkInput {
  readonly batch: number;
  /** `[batch, in]`. */
  readonly x: Float32Array;
  /** `[contextRows, contextSize]`, where `contextRows` is 1 or `batch`. */
  readonly context?: Float32Array | undefined;
  readonly contextRows?: number;
}

/** Where the gradients go; those left out are not computed. */
export interface NetworkGradients {
  readonly x?: Float32Array | undefined;
  readonly context?: Float32Array | undefined;
  readonly layers: readonly {
    readonly weight: Float32Array;
    readonly bias?: Float32Array | undefined;
    readonly contextWeight?: Float32Array | undefined;
  }[];
}

/** Sizes of the arrays that the caller provides, in numbers. */
export interface NetworkWorkspace {
  /** What {@link networkForward} leaves for {@link networkBackward}. */
  readonly saved: number;
  /** Of no use after the call. */
  readonly scratch: number;
}

/** The workspace of a network for a batch. */
export function networkWorkspace(network: Network, batch: number, contextSize = 0): NetworkWorkspace {
  const { layers } = network;
  let [saved, widest, scratch] = [0, 0, 0];
  for (const [i, { inputs, outputs, contextWeight }] of layers.entries()) {
    if (i > 0) saved += (keepsInput(network, i) ? 2 : 1) * batch * inputs;
    widest = Math.max(widest, inputs, outputs);
    scratch = Math.max(scratch, linearScratchSize({ batch, inputs, outputs }));
    if (contextWeight) scratch = Math.max(scratch, linearScratchSize({ batch, inputs: contextSize, outputs }));
  }
  return { saved: Math.max(saved, 1), scratch: scratch + widest + 3 * batch * widest };
}

/** y `[batch, out]`; leaves in `saved` what {@link networkBackward} needs. */
export function networkForward(
  kernels: Kernels,
  network: Network,
  input: NetworkInput,
  y: Float32Array,
  saved: Float32Array,
  scratch: Float32Array,
): void {
  const { layers, activation, residual } = network;
  const slots = savedSlots(network, input.batch, saved);
  const buffers = buffersOf(network, input.batch, scratch);
  const last = layers.length - 1;
  let from = input.x;
  let stream: Float32Array | undefined;
  for (const [i, layer] of layers.entries()) {
    if (i > 0) from = (slots[i] as Slot).activation;
    if (i === last) {
      applyLayer(kernels, layer, input, from, y, buffers.work, {});
      return;
    }
    const next = slots[i + 1] as Slot;
    const opensBlock = i % 2 === 1;
    if (residual && !opensBlock) {
      // The stream: each block adds to it, and what it is activated to enters the next layer.
      stream ??= buffers.first.subarray(0, input.batch * layer.outputs);
      applyLayer(kernels, layer, input, from, stream, buffers.work, { accumulate: i > 0 });
      if (next.input !== next.activation) next.input.set(stream);
      kernels.activate(stream, next.activation, activation);
    } else {
      const relu = activation === "relu";
      const { dropout } = layer;
      applyLayer(kernels, layer, input, from, next.input, buffers.work, { relu });
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
  const { layers, activation, residual } = network;
  const { batch } = input;
  const slots = savedSlots(network, batch, saved);
  const { first, second, third, work } = buffersOf(network, batch, scratch);
  if (gradients.context !== undefined) gradients.context.fill(0);
  let d = dy;
  // Where d is: a product must not overwrite what it reads.
  let buffer = dy;
  // The gradient of the stream of a residual network; the other buffers take what is inside of a block.
  let stream: Float32Array | undefined;
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i] as NetworkLayer;
    const slot = slots[i] as Slot | undefined;
    const from = slot === undefined ? input.x : slot.activation;
    layerGradients(kernels, layer, input, from, d, gradients, i, work);
    const sizes: LinearSizes = { batch, inputs: layer.inputs, outputs: layer.outputs };
    if (slot === undefined) {
      if (gradients.x !== undefined) kernels.linearInputGradient(d, layer, gradients.x, sizes, work);
      return;
    }
    const size = batch * layer.inputs;
    const closesBlock = residual && i % 2 === 0;
    const joinsStream = residual && !closesBlock;
    const target = joinsStream ? first : buffer === second ? third : second;
    const to = target.subarray(0, size);
    const accumulate = joinsStream && stream !== undefined;
    if (activation === "relu") {
      kernels.linearInputGradient(d, layer, to, sizes, work, { gate: slot.activation, accumulate });
    } else {
      const product = accumulate ? third.subarray(0, size) : to;
      kernels.linearInputGradient(d, layer, product, sizes, work);
      kernels.activateGradient(slot.input, product, to, activation, accumulate);
    }
    const dropout = layers[i - 1]?.dropout;
    if (dropout !== undefined) kernels.multiply(to, dropout, to);
    if (joinsStream) stream = to;
    d = to;
    buffer = target;
  }
}

/** What a layer after the first reads: the activation, and what it is differentiated from, which may be the same array. */
interface Slot {
  readonly input: Float32Array;
  readonly activation: Float32Array;
}

/**
 * Whether what the activation before a layer is differentiated from has an array of its own. That of relu needs only to
 * be positive where the activation is, and where it was dropped no gradient passes.
 */
function keepsInput({ layers, activation }: Network, i: number): boolean {
  return activation === "silu" || (activation !== "relu" && layers[i - 1]?.dropout !== undefined);
}

function savedSlots(network: Network, batch: number, saved: Float32Array): (Slot | undefined)[] {
  let at = 0;
  return network.layers.map(({ inputs }, i) => {
    if (i === 0) return undefined;
    const size = batch * inputs;
    const value = saved.subarray(at, at + size);
    at += size;
    if (!keepsInput(network, i)) return { input: value, activation: value };
    at += size;
    return { input: saved.subarray(at - size, at), activation: value };
  });
}

function buffersOf(
  { layers }: Network,
  batch: number,
  scratch: Float32Array,
): Record<"first" | "second" | "third" | "work", Float32Array> {
  const size = batch * Math.max(...layers.map(({ inputs, outputs }) => Math.max(inputs, outputs)));
  return {
    first: scratch.subarray(0, size),
    second: scratch.subarray(size, 2 * size),
    third: scratch.subarray(2 * size, 3 * size),
    work: scratch.subarray(3 * size),
  };
}

function applyLayer(
  kernels: Kernels,
  layer: NetworkLayer,
  { batch, context, contextRows = batch }: NetworkInput,
  from: Float32Array,
  to: Float32Array,
  work: Float32Array,
  finish: { accumulate?: boolean; relu?: boolean },
): void {
  const { inputs, outputs, contextWeight } = layer;
  const sizes = { batch, inputs, outputs };
  if (contextWeight === undefined || context === undefined) {
    kernels.linearForward(from, layer, to, sizes, work, finish);
    return;
  }
  const contextLayer = { weight: contextWeight, bias: layer.bias };
  const contextSizes = { batch: contextRows, inputs: contextWeight.length / outputs, outputs };
  if (contextRows === batch) {
    kernels.linearForward(context, contextLayer, to, contextSizes, work, { accumulate: finish.accumulate ?? false });
    const product = { weight: layer.weight, mask: layer.mask, ranges: layer.ranges };
    kernels.linearForward(from, product, to, sizes, work, { ...finish, accumulate: true });
    return;
  }
  // One context for all rows is a bias.
  const bias = work.subarray(0, outputs);
  const rest = work.subarray(outputs);
  kernels.linearForward(context, contextLayer, bias, contextSizes, rest);
  kernels.linearForward(from, { ...layer, bias }, to, sizes, rest, finish);
}

function layerGradients(
  kernels: Kernels,
  { inputs, outputs, mask, ranges, contextWeight }: NetworkLayer,
  { batch, context, contextRows = batch }: NetworkInput,
  from: Float32Array,
  d: Float32Array,
  gradients: NetworkGradients,
  i: number,
  work: Float32Array,
): void {
  const of = gradients.layers[i];
  if (of !== undefined) {
    kernels.linearWeightGradient(from, d, mask, of.weight, of.bias, { batch, inputs, outputs }, work, ranges);
  }
  if (contextWeight === undefined || context === undefined) return;
  const sizes = { batch: contextRows, inputs: contextWeight.length / outputs, outputs };
  let [dOffset, rest] = [d, work];
  if (contextRows !== batch) {
    dOffset = work.subarray(0, outputs);
    rest = work.subarray(outputs);
    sumRows(d, batch, dOffset);
  }
  if (of?.contextWeight !== undefined) {
    kernels.linearWeightGradient(context, dOffset, undefined, of.contextWeight, undefined, sizes, rest);
  }
  if (gradients.context !== undefined) {
    kernels.linearInputGradient(dOffset, { weight: contextWeight }, gradients.context, sizes, rest, {
      accumulate: true,
    });
  }
}

function sumRows(d: Float32Array, rows: number, sums: Float32Array): void {
  const columns = sums.length;
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += d[i * columns + j] as number;
    sums[j] = sum;
  }
}
