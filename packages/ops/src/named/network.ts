import { type Activation, ContextError, type Key, ShapeError } from "@pushforward/core";
import {
  broadcastShapes,
  formatShape,
  type NetworkLayer,
  type NetworkLayerForm,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../linear-algebra/matrix-stack.ts";
import { activate } from "../maths/elementwise.ts";
import { fail } from "../tfjs/kernel-call.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";

/** Options of {@link network}. */
export interface NetworkOptions {
  readonly activation: Activation;
  /** Pairs of layers between the first and the last are residual blocks: every second layer `adds`. */
  readonly residual: boolean;
  /** Dropout in training; absent for none. */
  readonly dropout?: NetworkDropout;
}

/** Settings of the kernel of {@link network} in addition to its tensors. */
export interface NetworkAttributes extends NetworkLayout {
  readonly activation: Activation;
}

const kernel: NamedKernel<readonly tf.Tensor[], NetworkAttributes> = {
  name: "PushforwardNetwork",
  fallback: (inputs, attributes) => {
    const at = (place: number): tf.Tensor => inputs[place] as tf.Tensor;
    const x = at(0);
    const context = attributes.context === undefined ? undefined : at(attributes.context);
    const layers = attributes.layers.map((layer) => withValues(layer, at));
    const act = (h: tf.Tensor, dropout?: tf.Tensor): tf.Tensor => {
      const activated = activate(h, attributes.activation);
      return dropout === undefined ? activated : tf.mul(activated, dropout);
    };
    const linear = (h: tf.Tensor, layer: DroppingLayer<tf.Tensor>): tf.Tensor => {
      const { weight, bias, mask, contextWeight, contextMask, contextBias } = layer;
      let out = matMul(h, mask === undefined ? weight : tf.mul(weight, mask));
      if (bias !== undefined) out = tf.add(out, bias);
      if (contextWeight === undefined) return out;
      let given = matMul(
        context as tf.Tensor,
        contextMask === undefined ? contextWeight : tf.mul(contextWeight, contextMask),
      );
      if (contextBias !== undefined) given = tf.add(given, contextBias);
      if (layer.contextUse === "gate") return tf.mul(out, tf.sigmoid(given));
      return tf.add(out, layer.contextUse === "activate" ? activate(given, attributes.activation) : given);
    };
    let h = x;
    let before = x;
    for (const [i, layer] of layers.entries()) {
      const read = i === 0 || layer.raw ? h : act(h, layers[i - 1]?.dropout);
      const out = linear(read, layer);
      // A block opens at the stream, to which it adds where it closes.
      const next = layer.adds ? tf.add(before, out) : out;
      before = h;
      h = next;
    }
    return [h];
  },
};

/** Every second layer of a residual network closes a block. */
export function layerForms<T extends NetworkLayerForm>(layers: readonly T[], residual: boolean): readonly T[] {
  if (!residual) return layers;
  return layers.map((layer, i) => (i > 0 && i % 2 === 0 && i < layers.length - 1 ? { ...layer, adds: true } : layer));
}

/**
 * A feed-forward or residual network, optionally masked and given a context; x `[...batch, in]` → `[...batch, out]`.
 *
 * Feed-forward: a nonlinearity between successive layers; the last layer is linear. Residual: the layers are `input, a₁, b₁,
 * a₂, b₂, …, output`; each block adds `b(act(a(act(h))))` to h, and the result is `output(act(h))`. The form of a layer
 * describes deviations: {@link NetworkLayerForm}.
 *
 * Dropout applies to hidden activations; in a residual network only inside the blocks, between a and b.
 *
 * @param x `[...batch, in]`.
 * @param context `[...batch, contextSize]` for layers with a `contextWeight`; its batch axes broadcast.
 * @throws {ContextError} a layer has a `contextWeight` and the context is absent, or its batch axes do not broadcast.
 * @throws {ShapeError} the shape of a layer tensor does not match its input.
 * @example
 * const layers = [{ weight: tf.ones([2, 8]), bias: tf.zeros([8]) }, { weight: tf.ones([8, 3]) }];
 * network(tf.ones([5, 2]), undefined, layers, { activation: "relu", residual: false }); // → shape [5, 3]
 */
export function network(
  x: tf.Tensor,
  context: tf.Tensor | undefined,
  layers: readonly NetworkLayer<tf.Tensor>[],
  { activation, residual, dropout }: NetworkOptions,
): tf.Tensor {
  const usesContext = layers.some(({ contextWeight }) => contextWeight !== undefined);
  if (usesContext && context === undefined) {
    fail(new ContextError("network: expected a context for the layers with a contextWeight, got none."));
  }
  checkLayers(x, context, layers);
  return tf.tidy(() => {
    const [rows, given] = usesContext ? aligned(x, context as tf.Tensor) : ([x] as const);
    const batch = rows.shape.slice(0, -1);
    const formed = layerForms(layers, residual);
    const all = dropout === undefined ? formed : dropping(formed, dropout, batch);
    const { inputs, layout } = networkLayout(rows, given, all);
    return runNamedKernel(kernel, inputs, { activation, ...layout })[0] as tf.Tensor;
  });
}

/** The layers with dropout factors, for a batch shape. */
function dropping(
  layers: readonly NetworkLayer<tf.Tensor>[],
  { rate, keyOf }: NetworkDropout,
  batch: readonly number[],
): readonly DroppingLayer<tf.Tensor>[] {
  return layers.map((layer, i) => {
    const key = dropsBehind(i, layers) ? keyOf(i) : undefined;
    if (key === undefined) return layer;
    const shape = [...batch, layer.weight.shape[1] as number];
    return { ...layer, dropout: tf.tensor(dropoutMask(key, rate, sizeOf(shape)), shape) };
  });
}

/** A fused kernel trusts the shapes, so they are checked here. */
function checkLayers(x: tf.Tensor, context: tf.Tensor | undefined, layers: readonly NetworkLayer<tf.Tensor>[]): void {
  let size = x.shape[x.rank - 1];
  for (const [i, { weight, bias, mask, contextWeight, contextMask, contextBias }] of layers.entries()) {
    const check = (name: string, tensor: tf.Tensor | undefined, expected: readonly (number | undefined)[]): void => {
      if (tensor === undefined) return;
      if (tensor.rank === expected.length && expected.every((n, axis) => n === tensor.shape[axis])) return;
      fail(
        new ShapeError(
          `network: expected a ${name} of shape [${expected.join(", ")}] in layer ${i}, got ${formatShape(tensor.shape)}.`,
        ),
      );
    };
    const out = weight.shape[1];
    check("weight", weight, [size, out]);
    check("bias", bias, [out]);
    check("mask", mask, [size, out]);
    check("contextWeight", contextWeight, [context?.shape[context.rank - 1], out]);
    check("contextMask", contextMask, [context?.shape[context.rank - 1], out]);
    check("contextBias", contextBias, [out]);
    size = out;
  }
}

/** x and context with the same batch axes, or with a context of a single row. */
function aligned(x: tf.Tensor, context: tf.Tensor): readonly [x: tf.Tensor, context: tf.Tensor] {
  const [xBatch, contextBatch] = [x.shape.slice(0, -1), context.shape.slice(0, -1)];
  const batch = broadcastShapes(xBatch, contextBatch);
  if (batch === undefined) {
    return fail(
      new ContextError(
        `network: expected a context with batch axes that broadcast with ${formatShape(xBatch)}, got ${formatShape(contextBatch)}.`,
      ),
    );
  }
  const spread = (tensor: tf.Tensor): tf.Tensor =>
    shapesEqual(tensor.shape.slice(0, -1), batch)
      ? tensor
      : tf.broadcastTo(tensor, [...batch, tensor.shape[tensor.rank - 1] as number]);
  const isOneRow = sizeOf(contextBatch) === 1 && contextBatch.length <= xBatch.length;
  return [spread(x), isOneRow ? context : spread(context)];
}

/** A layer of a network with the factor of its output activations, `[...batch, out]`. */
export interface DroppingLayer<Values> extends NetworkLayer<Values> {
  readonly dropout?: Values | undefined;
}

/** Roles of a list of network tensors: x first, then the context, if present. */
export interface NetworkLayout {
  readonly context: number | undefined;
  /** With the places of their tensors. */
  readonly layers: readonly DroppingLayer<number>[];
}

/** The tensors of a network as a list, in the order of a layout. */
function networkLayout<Values>(
  x: Values,
  context: Values | undefined,
  layers: readonly DroppingLayer<Values>[],
): { readonly inputs: Values[]; readonly layout: NetworkLayout } {
  const inputs = [x];
  const place = (values: Values): number => inputs.push(values) - 1;
  const ofContext = context === undefined ? undefined : place(context);
  return { inputs, layout: { context: ofContext, layers: layers.map((layer) => withValues(layer, place)) } };
}

/** A layer with something else in the place of its values. */
export function withValues<From, To>(layer: DroppingLayer<From>, of: (values: From) => To): DroppingLayer<To> {
  const { weight, bias, mask, contextWeight, contextMask, contextBias, dropout, contextUse, raw, adds } = layer;
  const optional = (values: From | undefined): To | undefined => (values === undefined ? undefined : of(values));
  return {
    weight: of(weight),
    bias: optional(bias),
    mask: optional(mask),
    contextWeight: optional(contextWeight),
    contextMask: optional(contextMask),
    contextBias: optional(contextBias),
    dropout: optional(dropout),
    contextUse: contextWeight === undefined ? undefined : contextUse,
    raw,
    adds,
  };
}

/** Which activations of a network are dropped in a step of training (Srivastava et al. 2014). */
export interface NetworkDropout {
  /** The dropout rate, rounded to a multiple of 2⁻¹⁶; kept activations are multiplied by `1/(1 − rate)`. */
  readonly rate: number;
  /** The dropout key of a layer; undefined for no dropout. */
  readonly keyOf: (layer: number) => Key | undefined;
}

/**
 * `true` if dropout applies after a layer: after all hidden activations in a feed-forward network, and after
 * activations inside blocks in a residual network. The residual stream has no dropout.
 */
export function dropsBehind(layer: number, layers: readonly NetworkLayerForm[]): boolean {
  const isResidual = layers.some(({ adds }) => adds === true);
  return layer < layers.length - 1 && (!isResidual || layers[layer + 1]?.adds === true);
}

/**
 * Dropout factors: 0 if 16 bits of the key are below the rate, otherwise `1/(1 − rate)`. A word is for two activations, its
 * lower half for the first. The kernel of the same name computes the same numbers.
 */
function dropoutMask(key: Key, rate: number, count: number): Float32Array {
  const limit = Math.min(Math.round(rate * 2 ** 16), 2 ** 16 - 1);
  const kept = 2 ** 16 / (2 ** 16 - limit);
  const words = key.bits((count + 1) >> 1);
  return new Float32Array(count).map((_, i) => {
    const word = words[i >> 1] as number;
    return (i % 2 === 0 ? word & 0xffff : word >>> 16) < limit ? 0 : kept;
  });
}
