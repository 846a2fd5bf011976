import { Made, Mlp, ResidualMlp } from "@pushforward/conditioners";
import type { DenseLayer } from "@pushforward/conditioners/extend";
import { ModelFileError } from "@pushforward/core";
import type { ForeignFamily, ForeignNetwork } from "./foreign-flow.ts";
import { type LayerPair, layerPairs } from "./layer-pairs.ts";
import { NFLOWS_MADE_LAYOUT, NFLOWS_NET_LAYOUT, ZUKO_LAYOUT } from "./layouts.ts";
import { identityOrder, outputOrder, type UnitSizes, unitOrder } from "./unit-order.ts";

/** A network of ours that is a network of another library. */
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
