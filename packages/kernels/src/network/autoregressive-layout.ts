import type { AutoregressiveStructure } from "@pushforward/core/plain";
import { isStream, type Network, type NetworkInput } from "./network.ts";

/**
 * Ranks with units in one block. Known inputs of a block are multiplied at once: this is as fast as a product of whole layers,
 * and each number is read once per block. The products of a step are narrow, and add values that became known within the block.
 */
export const BLOCK = 8;

/** With fewer units known the products of a step are shallow enough. */
const SHALLOW = 64;

/** Memory of a layer: positions in the state; absent for data in arrays of the network. */
export interface LayerPlace {
  /** `[batch, inputs]`, filled from left to right, with rows `inputStride` apart. */
  readonly input: number;
  readonly inputStride: number;
  /** In the order of ranks, and masked where masks are sparse. */
  readonly weight: number | undefined;
  /** In the order of ranks, including a shared context. */
  readonly bias: number | undefined;
  /** How a context adds to the product: one for all rows, each row its own, or not at all. */
  readonly context: "shared" | "own" | undefined;
  /** In the order of ranks, and masked. */
  readonly contextWeight: number | undefined;
  /** `[batch, outputs]`: the bias of each row, including its context. */
  readonly offset: number | undefined;
  /** `[batch, sumsStride]`: partial sums before a block, unless stored with the outputs. */
  readonly sums: number | undefined;
  readonly sumsStride: number;
  /** By rank, the number of outputs computed before its step; the last entry is the total. */
  readonly done: readonly number[];
  /** By rank, the number of inputs that the step may read. */
  readonly known: readonly number[];
}

/** Where everything is that the steps of a network compute with. */
export interface AutoregressiveLayout {
  readonly places: readonly LayerPlace[];
  /** By rank, the number of previous variables; the last entry is the total. */
  readonly variables: readonly number[];
  /** Of the state. */
  readonly size: number;
  /** The most units that a step completes in a hidden layer. */
  readonly widestStep: number;
  /** Inputs of a layer that are multiplied for the block that begins with that rank; 0 if none are. */
  depthBefore(layer: number, first: number): number;
}

export function autoregressiveLayout(
  network: Network,
  steps: AutoregressiveStructure,
  contextSize: number,
  { batch, contextRows = batch }: Pick<NetworkInput, "batch" | "contextRows">,
): AutoregressiveLayout {
  const { order, outputsPerVariable, isSparse = false } = steps;
  const { variables, units } = countsOf(steps);
  const ranks = variables.length - 1;
  const isSorted = order.every((rank, i) => rank === i);
  const depthBefore = (layer: number, first: number): number => {
    const depth = (layer === 0 ? variables : (units[layer - 1] as readonly number[]))[first] as number;
    return depth < SHALLOW ? 0 : depth;
  };
  let size = 0;
  const allocate = (count: number): number => {
    size += count;
    return size - count;
  };
  let widestStep = 0;
  const places = network.layers.map(
    ({ inputs, outputs, bias, contextWeight, contextMask, contextBias, contextUse = "add" }, i): LayerPlace => {
      const isLast = i === network.layers.length - 1;
      const isMoved = !isSorted && isLast;
      const usesContext = contextSize > 0 && contextWeight !== undefined;
      const context = !usesContext ? undefined : contextRows === 1 ? "shared" : "own";
      const isActivated = context === "own" && contextUse === "activate";
      const isAdded = context === "own" && !isActivated;
      const hasNewBias =
        context === "shared" || (isMoved && bias !== undefined) || (isAdded && contextBias !== undefined);
      const done = isLast ? variables.map((count) => count * outputsPerVariable) : (units[i] as readonly number[]);
      const known = i === 0 ? variables : (units[i - 1] as readonly number[]).slice(1);
      let sumsStride = 0;
      for (let rank = 0; rank < ranks; rank++) {
        if (!isLast) widestStep = Math.max(widestStep, (done[rank + 1] as number) - (done[rank] as number));
        if (rank % BLOCK > 0 || isDirect(network, i) || depthBefore(i, rank) === 0) continue;
        const end = done[Math.min(rank + BLOCK, ranks)] as number;
        sumsStride = Math.max(sumsStride, end - (done[rank] as number));
      }
      const inputStride = strideOf(inputs);
      return {
        input: allocate(batch * inputStride),
        inputStride,
        weight: isSparse || isMoved || (!isSorted && i === 0) ? allocate(inputs * outputs) : undefined,
        bias: hasNewBias ? allocate(outputs) : undefined,
        context: isActivated ? undefined : context,
        contextWeight: isAdded && (isMoved || contextMask !== undefined) ? allocate(contextSize * outputs) : undefined,
        offset: isActivated ? allocate(batch * outputs) : undefined,
        sums: sumsStride > 0 ? allocate(batch * sumsStride) : undefined,
        sumsStride,
        done,
        known,
      };
    },
  );
  return { places, variables, size, widestStep, depthBefore };
}

/**
 * An uneven number of cache lines for wide rows: a step reads a few columns of all rows, and a power of two would map these to
 * the same cache sets.
 */
function strideOf(inputs: number): number {
  return inputs < 64 ? inputs : LINE * (Math.ceil(inputs / LINE) | 1);
}

/** A line of the cache, in numbers. */
const LINE = 16;

/** `true` if the output of a layer passes relu and is the direct input of the next layer. */
export function isDirect(network: Network, i: number): boolean {
  const { layers, activation } = network;
  const isLast = i === layers.length - 1;
  return !isLast && !isStream(network, i) && activation === "relu" && layers[i + 1]?.raw !== true;
}

/** By rank, the number of variables, and of units of each hidden layer, before its step; the last entry is the total. */
interface Counts {
  readonly variables: readonly number[];
  readonly units: readonly (readonly number[])[];
}

function countsOf({ order, degrees }: AutoregressiveStructure): Counts {
  const ranks = Math.max(...order) + 1;
  return { variables: countsBelow(order, ranks), units: degrees.map((of) => countsBelow(of, ranks)) };
}

/** Number of degrees less than each number from 0 to `end`. */
function countsBelow(degrees: readonly number[], end: number): number[] {
  const counts = Array<number>(end + 1).fill(0);
  for (const degree of degrees) if (degree < end) counts[degree + 1] = (counts[degree + 1] as number) + 1;
  for (let i = 1; i <= end; i++) counts[i] = (counts[i] as number) + (counts[i - 1] as number);
  return counts;
}

/** The positions of the variables by rank, stable. */
export function positionsOf(order: readonly number[]): number[] {
  const next = countsBelow(order, Math.max(...order) + 1);
  return order.map((rank) => {
    const position = next[rank] as number;
    next[rank] = position + 1;
    return position;
  });
}
