import { type Kernels, type LinearFinish, linearScratchSize } from "./kernels.ts";
import type { Network, NetworkInput, NetworkLayer } from "./network.ts";

/**
 * How a masked autoregressive network is made. An input variable of rank r has degree r + 1. A hidden unit of degree k
 * sees units of degree k or less; the outputs for a variable see units of less than its degree. The layers of a stream have
 * the same degrees.
 */
export interface NetworkSteps {
  /** `order[i]` is the rank of variable i. Variables of one rank do not see each other; no rank is left out. */
  readonly order: readonly number[];
  readonly outputsPerVariable: number;
  /** For each hidden layer the degrees of its units, none less than the one before it. */
  readonly degrees: readonly (readonly number[])[];
}

/** Sizes of the arrays that the caller provides, in numbers. */
export interface NetworkStepsWorkspace {
  /** What one step leaves for the next. */
  readonly state: number;
  /** Of no use after a call. */
  readonly scratch: number;
}

/** What the steps compute from, besides the variables themselves. */
export type NetworkStepsInput = Omit<NetworkInput, "x">;

/** The workspace of the steps for a batch. Of the network only the sizes count, and which arrays it has. */
export function networkStepsWorkspace(
  network: Network,
  steps: NetworkSteps,
  input: Pick<NetworkStepsInput, "batch" | "contextRows">,
  contextSize = 0,
): NetworkStepsWorkspace {
  const { batch } = input;
  let state = 0;
  placesOf(network, steps, contextSize, input, (size) => {
    state += size;
    return NONE;
  });
  let [widest, scratch] = [0, 0];
  for (const { inputs, outputs } of network.layers) {
    widest = Math.max(widest, outputs);
    const sizes = { batch, inputs: Math.max(inputs, contextSize), outputs };
    scratch = Math.max(scratch, linearScratchSize(sizes) + outputs);
  }
  return { state, scratch: scratch + 2 * batch * widest };
}

/** Prepares the state for a network, whose weights must not change between the steps, and a context. */
export function networkStepsBegin(
  kernels: Kernels,
  network: Network,
  steps: NetworkSteps,
  input: NetworkStepsInput,
  state: Float32Array,
  scratch: Float32Array,
): void {
  const { batch, context, contextRows = batch } = input;
  const places = placesOf(network, steps, contextSizeOf(input), input, allocator(state));
  const last = network.layers.length - 1;
  const order = positionsOf(steps.order);
  for (const [i, layer] of network.layers.entries()) {
    const place = places[i] as Place;
    const { inputs, outputs, bias, contextWeight, contextBias, contextUse } = layer;
    const outputsInOrder = i === last ? order : undefined;
    const blockSize = steps.outputsPerVariable;
    if (place.weight !== layer.weight) {
      const inputsInOrder = i === 0 ? order : undefined;
      copyInOrder(layer.weight, inputs, outputs, place.weight, blockSize, outputsInOrder, inputsInOrder);
    }
    if (place.contextWeight !== undefined && place.contextWeight !== contextWeight) {
      const rows = (contextWeight as Float32Array).length / outputs;
      copyInOrder(contextWeight as Float32Array, rows, outputs, place.contextWeight, blockSize, outputsInOrder);
    }
    if (place.offset !== undefined) {
      // Known before the first variable: no context enters it later.
      const sizes = { batch: contextRows, inputs: (contextWeight as Float32Array).length / outputs, outputs };
      const given = { weight: contextWeight as Float32Array, bias: contextBias };
      kernels.linearForward(context as Float32Array, given, place.offset, sizes, scratch);
      kernels.activate(place.offset, place.offset, network.activation);
      if (bias === undefined) continue;
      for (let row = 0; row < batch; row++)
        kernels.add(bias, place.offset.subarray(row * outputs, (row + 1) * outputs));
      continue;
    }
    if (place.bias === undefined || place.bias === bias) continue;
    let offset = bias;
    if (context !== undefined && contextWeight !== undefined && place.contextWeight === undefined) {
      offset = scratch.subarray(0, outputs);
      const work = scratch.subarray(outputs);
      const sizes = { batch: 1, inputs: contextWeight.length / outputs, outputs };
      if (contextUse === "activate") {
        kernels.linearForward(context, { weight: contextWeight, bias: contextBias }, offset, sizes, work);
        kernels.activate(offset, offset, network.activation);
        if (bias !== undefined) kernels.add(bias, offset);
      } else {
        kernels.linearForward(context, { weight: contextWeight, bias }, offset, sizes, work);
        if (contextBias !== undefined) kernels.add(contextBias, offset);
      }
    } else if (contextBias !== undefined && place.contextWeight !== undefined) {
      offset = scratch.subarray(0, outputs);
      offset.set(contextBias);
      if (bias !== undefined) kernels.add(bias, offset);
    }
    copyInOrder(offset as Float32Array, 1, outputs, place.bias, blockSize, outputsInOrder);
  }
}

/**
 * The outputs `[batch, variables · outputsPerVariable]` for the variables of that rank, one after the other, given the
 * values `[batch, variables]` of those of the rank before, which are not looked at for rank 0. The ranks must come one
 * after the other. A step computes only the units that the new variables complete: all steps together do the arithmetic of
 * one forward pass.
 */
export function networkStep(
  kernels: Kernels,
  network: Network,
  steps: NetworkSteps,
  input: NetworkStepsInput,
  rank: number,
  previous: Float32Array | undefined,
  out: Float32Array,
  state: Float32Array,
  scratch: Float32Array,
): void {
  const { layers, activation } = network;
  const { batch } = input;
  const places = placesOf(network, steps, contextSizeOf(input), input, allocator(state));
  const last = layers.length - 1;
  const features = steps.order.length;
  const [known, from] = [unitsBelow(steps.order, rank), unitsBelow(steps.order, rank - 1)];
  if (rank > 0) writeColumns(previous as Float32Array, known - from, (places[0] as Place).input, features, from);
  const widest = Math.max(...layers.map(({ outputs }) => outputs));
  const work = scratch.subarray(2 * batch * widest);
  let stream: Float32Array | undefined;
  for (const [i, layer] of layers.entries()) {
    const place = places[i] as Place;
    const depth = i === 0 ? known : unitsUpTo(steps.degrees[i - 1], rank);
    if (i === last) {
      const at = known * steps.outputsPerVariable;
      const columns = unitsBelow(steps.order, rank + 1) * steps.outputsPerVariable - at;
      applyPart(kernels, layer, place, input, depth, at, columns, out, columns, work, {});
      return;
    }
    const at = unitsUpTo(steps.degrees[i], rank - 1);
    const columns = unitsUpTo(steps.degrees[i], rank) - at;
    if (columns === 0) continue;
    const next = (places[i + 1] as Place).input;
    const isStream = layer.adds === true || layers[i + 2]?.adds === true;
    const isRaw = layers[i + 1]?.raw === true;
    if (!isStream && activation === "relu" && !isRaw) {
      const to = next.subarray(at);
      applyPart(kernels, layer, place, input, depth, at, columns, to, layer.outputs, work, { relu: true });
      continue;
    }
    // The stream of a residual network: each block adds to it, and what it is activated to enters the next layer.
    const start = isStream ? 0 : batch * widest;
    const to = layer.adds === true ? stream : undefined;
    const z = to ?? scratch.subarray(start, start + batch * columns);
    applyPart(kernels, layer, place, input, depth, at, columns, z, columns, work, { accumulate: to !== undefined });
    if (isStream) stream = z;
    if (isRaw) {
      writeColumns(z, columns, next, layer.outputs, at);
      continue;
    }
    const h = scratch.subarray(batch * widest, batch * (widest + columns));
    kernels.activate(z, h, activation);
    writeColumns(h, columns, next, layer.outputs, at);
  }
}

const NONE = new Float32Array(0);

/** Where a layer finds what it computes with: arrays of the network, or of the state when they are changed. */
interface Place {
  /** `[batch, inputs]`, filled from left to right. */
  readonly input: Float32Array;
  readonly weight: Float32Array;
  /** With what one context for all rows adds. */
  readonly bias: Float32Array | undefined;
  /** Where each row has a context of its own, which is added. */
  readonly contextWeight: Float32Array | undefined;
  /** `[batch, outputs]`: the bias of each row, with what its context adds. */
  readonly offset: Float32Array | undefined;
}

function placesOf(
  { layers }: Network,
  { order }: NetworkSteps,
  contextSize: number,
  { batch, contextRows = batch }: Pick<NetworkStepsInput, "batch" | "contextRows">,
  allocate: (size: number) => Float32Array,
): Place[] {
  const isSorted = order.every((rank, i) => rank === i);
  return layers.map(({ inputs, outputs, weight, bias, contextWeight, contextBias, contextUse = "add" }, i) => {
    const isLast = i === layers.length - 1;
    const isMoved = !isSorted && isLast;
    const usesContext = contextSize > 0 && contextWeight !== undefined;
    const isShared = usesContext && contextRows === 1;
    const isOwn = usesContext && contextRows !== 1;
    const isActivated = isOwn && contextUse === "activate";
    const isAdded = isOwn && !isActivated;
    return {
      input: allocate(batch * inputs),
      weight: isMoved || (!isSorted && i === 0) ? allocate(inputs * outputs) : weight,
      bias:
        isShared || (isMoved && bias !== undefined) || (isAdded && contextBias !== undefined)
          ? allocate(outputs)
          : bias,
      contextWeight: !isAdded ? undefined : isMoved ? allocate(contextSize * outputs) : contextWeight,
      offset: isActivated ? allocate(batch * outputs) : undefined,
    };
  });
}

function contextSizeOf({ batch, context, contextRows = batch }: NetworkStepsInput): number {
  return context === undefined ? 0 : context.length / contextRows;
}

function allocator(state: Float32Array): (size: number) => Float32Array {
  let at = 0;
  return (size) => {
    at += size;
    return state.subarray(at - size, at);
  };
}

/** Columns `at … at + columns − 1` of a layer, from the first `depth` of its inputs. */
function applyPart(
  kernels: Kernels,
  { inputs, outputs }: NetworkLayer,
  place: Place,
  { batch, context }: NetworkStepsInput,
  depth: number,
  at: number,
  columns: number,
  to: Float32Array,
  yStride: number,
  work: Float32Array,
  finish: Omit<LinearFinish, "gate">,
): void {
  const weight = place.weight.subarray(at);
  const bias = place.bias?.subarray(at);
  const sizes = { batch, depth, columns, xStride: inputs, weightStride: outputs, yStride };
  if (place.offset !== undefined) {
    addOffset(place.offset, outputs, at, columns, to, yStride, finish.accumulate === true);
    kernels.linearPart(place.input, weight, undefined, to, sizes, work, { ...finish, accumulate: true });
    return;
  }
  if (place.contextWeight === undefined) {
    kernels.linearPart(place.input, weight, bias, to, sizes, work, finish);
    return;
  }
  const contextSize = place.contextWeight.length / outputs;
  const contextSizes = { ...sizes, depth: contextSize, xStride: contextSize };
  const contextWeight = place.contextWeight.subarray(at);
  const { accumulate = false } = finish;
  kernels.linearPart(context as Float32Array, contextWeight, bias, to, contextSizes, work, { accumulate });
  kernels.linearPart(place.input, weight, undefined, to, sizes, work, { ...finish, accumulate: true });
}

/** Writes, or adds, columns of the offset of each row. */
function addOffset(
  offset: Float32Array,
  width: number,
  at: number,
  columns: number,
  to: Float32Array,
  stride: number,
  accumulate: boolean,
): void {
  for (let from = at, row = 0; from < offset.length; from += width, row += stride) {
    for (let j = 0; j < columns; j++) {
      to[row + j] = (accumulate ? (to[row + j] as number) : 0) + (offset[from + j] as number);
    }
  }
}

/** The places of the variables in order: variables of one rank stay as they are. */
function positionsOf(order: readonly number[]): number[] {
  return order.map(
    (rank, i) =>
      unitsBelow(order, rank) +
      unitsUpTo(
        order.slice(0, i).filter((r) => r === rank),
        rank,
      ),
  );
}

/** How many of the variables have a smaller rank. */
function unitsBelow(order: readonly number[], rank: number): number {
  return unitsUpTo(order, rank - 1);
}

/** How many of the units, sorted by degree, have at most that degree. */
function unitsUpTo(degrees: readonly number[] | undefined, degree: number): number {
  let count = 0;
  for (const d of degrees ?? []) if (d <= degree) count++;
  return count;
}

/** Copies a matrix with its rows, or blocks of its columns, in the order of ranks where an order is given. */
function copyInOrder(
  from: Float32Array,
  rows: number,
  columns: number,
  to: Float32Array,
  blockSize: number,
  columnOrder: readonly number[] | undefined,
  rowOrder?: readonly number[],
): void {
  for (let row = 0; row < rows; row++) {
    const start = (rowOrder?.[row] ?? row) * columns;
    if (columnOrder === undefined) {
      to.set(from.subarray(row * columns, (row + 1) * columns), start);
      continue;
    }
    let at = row * columns;
    for (const rank of columnOrder) {
      const first = start + rank * blockSize;
      for (let j = 0; j < blockSize; j++) to[first + j] = from[at++] as number;
    }
  }
}

/** Writes a matrix of `columns` columns into columns `at` … of a wider one. */
function writeColumns(from: Float32Array, columns: number, to: Float32Array, width: number, at: number): void {
  for (let i = 0, row = at; i < from.length; row += width) {
    for (let j = 0; j < columns; j++) to[row + j] = from[i++] as number;
  }
}
