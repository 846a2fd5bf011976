import type { AutoregressiveStructure } from "@pushforward/core/plain";
import type { Kernels } from "../families/kernels.ts";
import { linearScratchSize } from "../families/linear.ts";
import {
  type AutoregressiveLayout,
  autoregressiveLayout,
  BLOCK,
  isDirect,
  type LayerPlace,
  positionsOf,
} from "./autoregressive-layout.ts";
import { type ArrayLayer, isStream, type Network, type NetworkInput } from "./network.ts";

/** Sizes of the arrays that the caller provides, in numbers. */
export interface AutoregressiveWorkspace {
  /** Size of the state that a step passes to the next. */
  readonly state: number;
  /** Of no use after a call. */
  readonly scratch: number;
}

/** Inputs of the steps, except the variables themselves. */
export type AutoregressiveInput = Omit<NetworkInput, "x">;

/** The workspace of the steps for a batch. Of the network only the sizes count, and which arrays it has. */
export function autoregressiveWorkspace(
  network: Network,
  steps: AutoregressiveStructure,
  input: Pick<AutoregressiveInput, "batch" | "contextRows">,
  contextSize = 0,
): AutoregressiveWorkspace {
  const { batch } = input;
  const { size, widestStep } = autoregressiveLayout(network, steps, contextSize, input);
  let scratch = 0;
  for (const { inputs, outputs, contextMask } of network.layers) {
    const sizes = { batch, inputs: Math.max(inputs, contextSize), outputs };
    // Where weights are masked before they are moved.
    const masked = steps.isSparse || contextMask !== undefined ? sizes.inputs * outputs : 0;
    scratch = Math.max(scratch, linearScratchSize(sizes) + outputs, masked);
  }
  return { state: size, scratch: scratch + 2 * batch * widestStep };
}

/** The steps of a network on its arrays. Each step reads the numbers in the arrays when it runs. */
export class ArrayAutoregressiveSteps {
  private readonly kernels: Kernels;
  private readonly network: Network;
  private readonly steps: AutoregressiveStructure;
  private readonly input: AutoregressiveInput;
  private readonly state: Float32Array;
  private readonly scratch: Float32Array;
  private readonly work: Float32Array;
  private readonly layout: AutoregressiveLayout;

  constructor(
    kernels: Kernels,
    network: Network,
    steps: AutoregressiveStructure,
    input: AutoregressiveInput,
    state: Float32Array,
    scratch: Float32Array,
  ) {
    this.kernels = kernels;
    this.network = network;
    this.steps = steps;
    this.input = input;
    this.state = state;
    this.scratch = scratch;
    const { batch, context, contextRows = batch } = input;
    this.layout = autoregressiveLayout(network, steps, context === undefined ? 0 : context.length / contextRows, input);
    this.work = scratch.subarray(2 * batch * this.layout.widestStep);
  }

  /** Prepares the state for the weights, which must not change between the steps, and the context. */
  begin(): void {
    const { kernels, network, steps, state, scratch } = this;
    const { batch, context, contextRows = batch } = this.input;
    const last = network.layers.length - 1;
    const order = positionsOf(steps.order);
    const given = context as Float32Array;
    for (const [i, layer] of network.layers.entries()) {
      const place = this.layout.places[i] as LayerPlace;
      const { inputs, outputs, bias, contextWeight, contextMask, contextBias, contextUse } = layer;
      const contextSize = contextWeight === undefined ? 0 : contextWeight.length / outputs;
      const outputsInOrder = i === last ? order : undefined;
      const columnRuns = runsOf(outputsInOrder, steps.outputsPerVariable, outputs);
      const write = (from: Float32Array, rowRuns: readonly Run[], start: number): void =>
        copyRuns(kernels, from, state, rowRuns, columnRuns, start, outputs);
      if (place.weight !== undefined) {
        const weight = steps.isSparse ? this.masked(layer.weight, layer.mask) : layer.weight;
        write(weight, runsOf(i === 0 ? order : undefined, 1, inputs), place.weight);
      }
      if (place.contextWeight !== undefined) {
        const weight = this.masked(contextWeight as Float32Array, contextMask);
        write(weight, runsOf(undefined, 1, contextSize), place.contextWeight);
      }
      if (place.offset !== undefined) {
        // Known before the first variable: no context enters it later.
        const offset = state.subarray(place.offset, place.offset + batch * outputs);
        const sizes = { batch: contextRows, inputs: contextSize, outputs };
        const contextLayer = { weight: contextWeight as Float32Array, mask: contextMask, bias: contextBias };
        kernels.linearForward(given, contextLayer, offset, sizes, scratch);
        kernels.activate(offset, offset, network.activation);
        if (bias === undefined) continue;
        for (let row = 0; row < batch; row++) kernels.add(bias, offset.subarray(row * outputs, (row + 1) * outputs));
        continue;
      }
      if (place.bias === undefined) continue;
      let offset = bias;
      if (place.context === "shared") {
        offset = scratch.subarray(0, outputs);
        const work = scratch.subarray(outputs);
        const sizes = { batch: 1, inputs: contextSize, outputs };
        const weight = contextWeight as Float32Array;
        if (contextUse === "activate") {
          kernels.linearForward(given, { weight, mask: contextMask, bias: contextBias }, offset, sizes, work);
          kernels.activate(offset, offset, network.activation);
          if (bias !== undefined) kernels.add(bias, offset);
        } else {
          kernels.linearForward(given, { weight, mask: contextMask, bias }, offset, sizes, work);
          if (contextBias !== undefined) kernels.add(contextBias, offset);
        }
      } else if (contextBias !== undefined && place.context === "own") {
        offset = scratch.subarray(0, outputs);
        offset.set(contextBias);
        if (bias !== undefined) kernels.add(bias, offset);
      }
      write(offset as Float32Array, runsOf(undefined, 1, 1), place.bias);
    }
  }

  /** The masked weights, in the scratch, or all weights without a mask. */
  private masked(weight: Float32Array, mask: Float32Array | undefined): Float32Array {
    if (mask === undefined) return weight;
    const values = this.scratch.subarray(0, weight.length);
    this.kernels.multiply(weight, mask, values);
    return values;
  }

  /**
   * Writes to `out` the outputs `[batch, variables · outputsPerVariable]` for the variables of that rank, in sequence.
   * The input is the values `[batch, variables]` of the variables of the previous rank; it is ignored for rank 0. The
   * ranks must be called in order. A step computes only the units that the new variables complete: all steps together
   * do the arithmetic of one forward pass.
   */
  step(rank: number, previous: Float32Array | undefined, out: Float32Array): void {
    const { kernels, network, state, scratch, layout } = this;
    const { layers, activation } = network;
    const { batch } = this.input;
    const { variables, places, widestStep } = layout;
    if (rank > 0) {
      const from = variables[rank - 1] as number;
      const columns = (variables[rank] as number) - from;
      const toStart = (places[0] as LayerPlace).input + from;
      const { inputStride: toStride } = places[0] as LayerPlace;
      const sizes = { rows: batch, columns, fromStride: columns, toStart, toStride };
      kernels.copyPart(previous as Float32Array, state, sizes);
    }
    for (let i = 0; i < layers.length; i++) {
      const { done } = places[i] as LayerPlace;
      const at = done[rank] as number;
      const columns = (done[rank + 1] as number) - at;
      this.beginBlock(i, rank);
      if (i === layers.length - 1) {
        this.applyStep(i, rank, { array: out, start: 0, stride: columns });
        return;
      }
      if (columns === 0) continue;
      const { input: start, inputStride: stride } = places[i + 1] as LayerPlace;
      const next = { array: state, start: start + at, stride };
      if (isDirect(network, i)) {
        this.applyStep(i, rank, next);
        continue;
      }
      // The stream of a residual network: each block adds to it, and what it is activated to enters the next layer.
      const size = batch * columns;
      const zStart = isStream(network, i) ? 0 : batch * widestStep;
      this.applyStep(i, rank, { array: scratch, start: zStart, stride: columns });
      let hStart = zStart;
      if (layers[i + 1]?.raw !== true) {
        hStart = batch * widestStep;
        const z = scratch.subarray(zStart, zStart + size);
        kernels.activate(z, scratch.subarray(hStart, hStart + size), activation);
      }
      const { start: toStart } = next;
      kernels.copyPart(scratch, state, {
        rows: batch,
        columns,
        fromStart: hStart,
        fromStride: columns,
        toStart,
        toStride: stride,
      });
    }
  }

  /** Computes the products with known inputs before a block that begins with that rank, if such a block exists. */
  private beginBlock(i: number, rank: number): void {
    const { layout, state } = this;
    const depth = rank % BLOCK > 0 ? 0 : layout.depthBefore(i, rank);
    if (depth === 0) return;
    const { done, sums, sumsStride } = layout.places[i] as LayerPlace;
    const at = done[rank] as number;
    const columns = (done[Math.min(rank + BLOCK, done.length - 1)] as number) - at;
    if (columns === 0) return;
    const next = layout.places[i + 1];
    const to =
      sums === undefined
        ? { array: state, start: (next as LayerPlace).input + at, stride: (next as LayerPlace).inputStride }
        : { array: state, start: sums, stride: sumsStride };
    this.applyPart(i, 0, depth, at, columns, to, false, false);
  }

  /** Computes the outputs of a layer for the units that a step completes. A residual layer adds to these units. */
  private applyStep(i: number, rank: number, to: Target): void {
    const { kernels, network, layout, state } = this;
    const { done, known, sums, sumsStride } = layout.places[i] as LayerPlace;
    const first = rank - (rank % BLOCK);
    const depth = layout.depthBefore(i, first);
    const at = done[rank] as number;
    const columns = (done[rank + 1] as number) - at;
    const adds = network.layers[i]?.adds === true;
    if (depth > 0 && sums !== undefined) {
      const fromStart = sums + at - (done[first] as number);
      const { array, start: toStart, stride: toStride } = to;
      const { batch: rows } = this.input;
      kernels.copyPart(state, array, { rows, columns, fromStart, fromStride: sumsStride, toStart, toStride }, adds);
    }
    this.applyPart(i, depth, known[rank] as number, at, columns, to, adds || depth > 0, isDirect(network, i));
  }

  /**
   * Computes columns `at … at + columns − 1` of a layer from its inputs `from … to − 1`. The call with the first input
   * also adds bias and context.
   */
  private applyPart(
    i: number,
    from: number,
    to: number,
    at: number,
    columns: number,
    { array, start: yStart, stride: yStride }: Target,
    accumulate: boolean,
    relu: boolean,
  ): void {
    const { kernels, network, state, work } = this;
    const { batch, context } = this.input;
    const { outputs, weight, bias, contextWeight } = network.layers[i] as ArrayLayer;
    const place = this.layout.places[i] as LayerPlace;
    let ofBias = from > 0 ? undefined : place.bias === undefined ? bias : state;
    const biasStart = at + (place.bias ?? 0);
    let accumulates = accumulate;
    if (from === 0 && place.offset !== undefined) {
      const ofOffset = { fromStart: place.offset + at, fromStride: outputs };
      const sizes = { rows: batch, columns, ...ofOffset, toStart: yStart, toStride: yStride };
      kernels.copyPart(state, array, sizes, accumulate);
      ofBias = undefined;
      accumulates = true;
    } else if (from === 0 && place.context === "own") {
      const depth = (contextWeight as Float32Array).length / outputs;
      const ofWeight = place.contextWeight === undefined ? (contextWeight as Float32Array) : state;
      const weightStart = at + (place.contextWeight ?? 0);
      const matrices = { xStride: depth, weightStart, weightStride: outputs, biasStart, yStart, yStride };
      const sizes = { batch, depth, columns, ...matrices };
      kernels.linearPart(context as Float32Array, ofWeight, ofBias, array, sizes, work, { accumulate });
      ofBias = undefined;
      accumulates = true;
    }
    const sizes = {
      batch,
      depth: to - from,
      columns,
      xStart: place.input + from,
      xStride: place.inputStride,
      weightStart: (place.weight ?? 0) + from * outputs + at,
      weightStride: outputs,
      biasStart,
      yStart,
      yStride,
    };
    const ofWeight = place.weight === undefined ? weight : state;
    kernels.linearPart(state, ofWeight, ofBias, array, sizes, work, { accumulate: accumulates, relu });
  }
}

/** Position of a part of a matrix: its first number, and the distance between its rows. */
interface Target {
  readonly array: Float32Array;
  readonly start: number;
  readonly stride: number;
}

/** Rows or columns that stay consecutive when the order changes. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * Copies rows and columns of a matrix to their places in a second matrix of the same width, which begins at `start`.
 */
function copyRuns(
  kernels: Kernels,
  from: Float32Array,
  to: Float32Array,
  rowRuns: readonly Run[],
  columnRuns: readonly Run[],
  start: number,
  width: number,
): void {
  for (const rows of rowRuns) {
    for (const columns of columnRuns) {
      kernels.copyPart(from, to, {
        rows: rows.count,
        columns: columns.count,
        fromStart: rows.from * width + columns.from,
        fromStride: width,
        toStart: start + rows.to * width + columns.to,
        toStride: width,
      });
    }
  }
}

/** Runs of `size` in that order, or all in one. */
function runsOf(order: readonly number[] | undefined, size: number, count: number): Run[] {
  if (order === undefined) return [{ from: 0, to: 0, count }];
  return order.map((position, i) => ({ from: i * size, to: position * size, count: size }));
}
