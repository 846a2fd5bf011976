import { Made, Mlp, ResidualMlp } from "@pushforward/conditioners";
import type { DenseLayer } from "@pushforward/conditioners/extend";
import { type Conditioner, ModelFileError } from "@pushforward/core";
import type { ForeignBlock, ForeignFamily, ForeignLinear, ForeignNetwork, NetworkStyle } from "./foreign-flow.ts";
import {
  computesAs,
  degreeMask,
  identityOrder,
  inverseOrder,
  NFLOWS_MADE_LAYOUT,
  NFLOWS_NET_LAYOUT,
  outputOrder,
  type UnitSizes,
  unitOrder,
  withContext,
  ZUKO_LAYOUT,
  zukoDegrees,
} from "./forms.ts";

/** A linear layer of a foreign library, at its place in our network, and its use of the context. */
interface LayerPair {
  readonly linear: ForeignLinear;
  /** The last columns of the layer are the context. */
  readonly readsContext: boolean;
  /** The linear map of the context that belongs to the layer. */
  readonly context?: ForeignLinear;
}

/** Layers of a network, in the order of our networks. */
function layerPairs({ style, first, context, blocks, last }: ForeignNetwork): LayerPair[] {
  const isMade = style === "made" || style === "made-residual";
  const pairs: LayerPair[] = [{ linear: first, readsContext: !isMade, ...(context && { context }) }];
  for (const block of blocks) {
    // A MADE adds the context where a block opens, a ResidualNet gates by it where the block closes.
    const at = style === "resnet" ? 1 : 0;
    for (const [i, linear] of block.linears.entries()) {
      pairs.push({ linear, readsContext: false, ...(i === at && block.context && { context: block.context }) });
    }
  }
  if (last !== undefined) pairs.push({ linear: last, readsContext: false });
  return pairs;
}

/** Builds our network that is equal to a network of a different library. */
export function buildMade(network: ForeignNetwork, order: readonly number[], family: ForeignFamily): Made {
  const { style, activation, inputSize, contextSize } = network;
  const pairs = layerPairs(network);
  const outputs = (pairs.at(-1) as LayerPair).linear.outputs;
  const made = new Made({
    features: inputSize,
    outputsPerVariable: outputs / inputSize,
    context: contextSize,
    hidden: hiddenWidths(network),
    residual: style === "zuko-residual" || style === "made-residual",
    layout: style === "made" || style === "made-residual" ? NFLOWS_MADE_LAYOUT : ZUKO_LAYOUT,
    activation,
    order,
  });
  return fill(made, pairs, { style, order, context: contextSize }, outputOrder(family, outputs));
}

/** An unmasked network; with no inputs of its own, it is a network of the context, which it takes as input. */
export function buildNetwork(network: ForeignNetwork, order: (outputs: number) => number[]): Mlp | ResidualMlp {
  const { style, activation, inputSize, contextSize } = network;
  const pairs = layerPairs(network);
  const outputSize = (pairs.at(-1) as LayerPair).linear.outputs;
  const options = {
    inputSize: inputSize === 0 ? contextSize : inputSize,
    context: inputSize === 0 ? 0 : contextSize,
    outputSize,
    hidden: hiddenWidths(network),
    activation,
  };
  const ours =
    style === "resnet"
      ? new ResidualMlp({ ...options, layout: NFLOWS_NET_LAYOUT })
      : new Mlp({ ...options, layout: ZUKO_LAYOUT });
  return fill(ours, pairs, { style, context: contextSize }, order(outputSize));
}

/** The option `hidden` of the network: one for each layer, or for the first layer and each block, or for each block. */
function hiddenWidths({ style, first, blocks, last }: ForeignNetwork): number[] {
  if (last === undefined) return [];
  const widths = blocks.flatMap(({ linears }) =>
    style === "zuko-residual" && linears.length === 1 ? [] : [linears[0]?.outputs as number],
  );
  return style === "zuko-residual" ? widths : [first.outputs, ...widths];
}

/** Writes the values of the layers; units are put into our order, rows become columns. */
function fill<N extends { readonly layers: readonly DenseLayer[]; dispose(): void }>(
  ours: N,
  pairs: readonly LayerPair[],
  sizes: UnitSizes,
  outputs: readonly number[],
): N {
  if (ours.layers.length !== pairs.length) {
    throw new ModelFileError("weights", `import: expected ${ours.layers.length} layers, got ${pairs.length}.`);
  }
  let from: readonly number[] | undefined;
  for (const [i, { linear, readsContext, context }] of pairs.entries()) {
    const layer = ours.layers[i] as DenseLayer;
    const to = i === pairs.length - 1 ? outputs : unitOrder(sizes, linear.outputs);
    const [inputs] = layer.weight.shape as readonly [number];
    const rows = from ?? identityOrder(inputs);
    layer.weight.write(transposed(linear.weight, linear.inputs, rows, to));
    layer.bias.write(to.map((unit) => linear.bias[unit] as number));
    if (layer.contextWeight !== undefined) {
      const [width] = layer.contextWeight.shape as readonly [number];
      const columns = identityOrder(width).map((c) => (readsContext ? inputs + c : c));
      const source = readsContext ? linear : (context ?? linear);
      layer.contextWeight.write(transposed(source.weight, source.inputs, columns, to));
      layer.contextBias?.write(to.map((unit) => source.bias[unit] as number));
    }
    from = to;
  }
  return ours;
}

/** The entries of `[out, in]` at rows `to` and columns `from`, as `[from, to]`. */
function transposed(
  weight: ArrayLike<number>,
  inputs: number,
  from: readonly number[],
  to: readonly number[],
): Float32Array {
  const values = new Float32Array(from.length * to.length);
  let at = 0;
  for (const column of from) {
    for (const row of to) values[at++] = weight[row * inputs + column] as number;
  }
  return values;
}

/** The library that a model is written for. */
export type Library = "zuko" | "nflows";

/** A masked network as the library has it; undefined when it has none like it. */
export function describeMade(library: Library, made: unknown, family: ForeignFamily): ForeignNetwork | undefined {
  // The library has no units that share themselves out among the parents of a graph as ours do, and no bound.
  if (!(made instanceof Made) || made.isSparse || made.inputBound !== undefined) return undefined;
  const { residual, order, contextSize: context, hidden } = made;
  const layout = library === "zuko" ? ZUKO_LAYOUT : NFLOWS_MADE_LAYOUT;
  if (!computesAs(made, layout, residual ? ["degrees", "blocks"] : ["degrees"])) return undefined;
  const style = library === "zuko" ? (residual ? "zuko-residual" : "zuko") : residual ? "made-residual" : "made";
  // nflows' MADE takes the variables as they come, and has hidden layers of one width.
  const isNflows = order.every((rank, i) => rank === i) && hidden.every((width) => width === hidden[0]);
  if (library === "nflows" && !(isNflows && hidden.length > 0)) return undefined;
  const network = describe(made, { style, order, context }, outputOrder(family, made.outputSize));
  return library === "zuko" ? withMasks(network, order, made.outputsPerVariable) : network;
}

/** An unmasked network as the library has it; undefined when it has none like it. */
export function describeNetwork(
  library: Library,
  conditioner: Conditioner,
  outputs: readonly number[],
): ForeignNetwork | undefined {
  const { contextSize: context } = conditioner;
  if (conditioner instanceof ResidualMlp) {
    if (library === "zuko" || !computesAs(conditioner, NFLOWS_NET_LAYOUT, ["blocks"])) return undefined;
    return describe(conditioner, { style: "resnet", context }, outputs);
  }
  // A plain network of nflows is but one of the context, with layers like those of zuko.
  if (!(conditioner instanceof Mlp) || (library === "nflows" && context > 0)) return undefined;
  if (context > 0 && conditioner.layout.context === "maps") return undefined;
  return describe(conditioner, { style: "zuko", context }, outputs);
}

/** Turns a network into one with the context as its only input. */
export function ofContext(network: ForeignNetwork): ForeignNetwork {
  return { ...network, inputSize: 0, contextSize: network.inputSize };
}

type Network = Made | Mlp | ResidualMlp;

function describe(network: Network, sizes: UnitSizes, outputs: readonly number[]): ForeignNetwork {
  const { style } = sizes;
  const linears: ForeignLinear[] = [];
  const contexts: (ForeignLinear | undefined)[] = [];
  let from: readonly number[] | undefined;
  for (const [i, layer] of network.layers.entries()) {
    const [inputs, width] = layer.weight.shape as readonly [number, number];
    const to = i === network.layers.length - 1 ? outputs : unitOrder(sizes, width);
    const rows = inverseOrder(to);
    const columns = inverseOrder(from ?? identityOrder(inputs));
    const readsContext = layer.contextWeight !== undefined && layer.contextBias === undefined;
    linears.push(linearOf(layer, rows, columns, readsContext));
    contexts.push(layer.contextBias === undefined ? undefined : contextOf(layer, rows));
    from = to;
  }
  const { activation, contextSize } = network;
  const inputSize = network.inputSize;
  const [first, ...rest] = linears as [ForeignLinear, ...ForeignLinear[]];
  const last = rest.pop();
  const [context] = contexts;
  return {
    style,
    activation,
    inputSize,
    contextSize,
    first,
    ...(context && { context }),
    blocks: blocksOf(style, network, rest, contexts.slice(1)),
    ...(last && { last }),
  };
}

/** Groups layers into blocks: pairs if the second layer adds to the residual stream, otherwise single layers. */
function blocksOf(
  style: NetworkStyle,
  { layers }: Network,
  linears: readonly ForeignLinear[],
  contexts: readonly (ForeignLinear | undefined)[],
): ForeignBlock[] {
  const blocks: ForeignBlock[] = [];
  for (let i = 0; i < linears.length; i++) {
    // The first layer of the network is none of these.
    const isPair = layers[i + 2]?.form.adds === true;
    const context = style === "resnet" ? contexts[i + 1] : contexts[i];
    const members = linears.slice(i, i + (isPair ? 2 : 1));
    blocks.push({ linears: members, ...(context && { context }) });
    if (isPair) i++;
  }
  return blocks;
}

/** The layer as PyTorch has it, rows and columns in the order of the library, the context after the inputs. */
function linearOf(
  { weight, bias, contextWeight }: DenseLayer,
  rows: readonly number[],
  columns: readonly number[],
  readsContext: boolean,
): ForeignLinear {
  const [values, biases] = [weight.read(), bias.read()];
  const outputs = rows.length;
  const context = readsContext ? contextWeight?.read() : undefined;
  const contextSize = context === undefined ? 0 : context.length / outputs;
  const inputs = columns.length + contextSize;
  const matrix = new Float32Array(outputs * inputs);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) matrix[at++] = values[column * outputs + row] as number;
    for (let c = 0; c < contextSize; c++) matrix[at++] = context?.[c * outputs + row] as number;
  }
  return { outputs, inputs, weight: matrix, bias: Float32Array.from(rows, (row) => biases[row] as number) };
}

/** The map of the context that belongs to a layer. */
function contextOf({ contextWeight, contextBias }: DenseLayer, rows: readonly number[]): ForeignLinear | undefined {
  if (contextWeight === undefined || contextBias === undefined) return undefined;
  const [values, biases] = [contextWeight.read(), contextBias.read()];
  const [inputs, outputs] = contextWeight.shape as readonly [number, number];
  const matrix = new Float32Array(outputs * inputs);
  let at = 0;
  for (const row of rows) {
    for (let c = 0; c < inputs; c++) matrix[at++] = values[c * outputs + row] as number;
  }
  return { outputs, inputs, weight: matrix, bias: Float32Array.from(rows, (row) => biases[row] as number) };
}

/** The network with the masks that zuko derives from the order. */
function withMasks(network: ForeignNetwork, order: readonly number[], count: number): ForeignNetwork {
  const { inputSize, contextSize } = network;
  const ranks = Math.max(...order) + 1;
  let degrees = order.map((rank) => rank + 1);
  const masked = (linear: ForeignLinear, isLast: boolean, isFirst: boolean): ForeignLinear => {
    const next = isLast
      ? order.flatMap((rank) => Array<number>(count).fill(rank + 1))
      : zukoDegrees(linear.outputs, ranks, contextSize > 0);
    const mask = degreeMask(next, degrees, isLast);
    degrees = next;
    return { ...linear, mask: isFirst ? withContext(mask, inputSize, contextSize) : mask };
  };
  const first = masked(network.first, network.last === undefined, true);
  const blocks = network.blocks.map((block) => ({
    ...block,
    linears: block.linears.map((linear) => masked(linear, false, false)),
  }));
  const last = network.last && masked(network.last, true, false);
  return { ...network, first, blocks, ...(last && { last }) };
}
