import { broadcastShapes, ContextError, formatShape, ShapeError, shapesEqual, sizeOf } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { dropoutMask, dropsBehind, type NetworkDropout } from "./dropout.ts";
import { fail } from "./fail.ts";
import { matMul } from "./mat-mul.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";

/** Nonlinearity between the layers of a network. */
export type Activation = "relu" | "tanh" | "elu" | "silu";

/** One linear layer, `h·(weight ⊙ mask) + bias + context·contextWeight`. */
export interface NetworkLayer {
  /** `[in, out]`. */
  readonly weight: tf.Tensor;
  /** `[out]`. */
  readonly bias?: tf.Tensor;
  /** `[in, out]` of zeros and ones. */
  readonly mask?: tf.Tensor;
  /** `[contextSize, out]`. */
  readonly contextWeight?: tf.Tensor;
}

/** Options of {@link network}. */
export interface NetworkOptions {
  readonly activation: Activation;
  /** Pairs of layers between the first and the last are residual blocks. */
  readonly residual: boolean;
  /** In training; absent: nothing is dropped. */
  readonly dropout?: NetworkDropout;
}

// Which tensors each layer has, in the order in which they are passed: "wbm,wb" is weight, bias, mask; weight, bias. The
// last, `[...batch, out]`, is what the activations of its outputs are multiplied by.
const PARTS = { w: "weight", b: "bias", m: "mask", c: "contextWeight", d: "dropout" } as const;

/** A layer with what is dropped behind it. */
type DroppingLayer = NetworkLayer & { readonly dropout?: tf.Tensor };

const kernel: NamedKernel = {
  name: "PushforwardNetwork",
  fallback: (inputs, { activation, residual, layout, hasContext }) => {
    const [x, ...rest] = inputs as [tf.Tensor, ...tf.Tensor[]];
    const context = hasContext ? rest.shift() : undefined;
    const layers = (layout as string)
      .split(",")
      .map(
        (parts) =>
          Object.fromEntries([...parts].map((part) => [PARTS[part as keyof typeof PARTS], rest.shift()])) as unknown,
      ) as [DroppingLayer, ...DroppingLayer[]];
    const act = (h: tf.Tensor, dropout?: tf.Tensor): tf.Tensor => {
      const activated = activations[activation as Activation](h);
      return dropout === undefined ? activated : tf.mul(activated, dropout);
    };
    const linear = (h: tf.Tensor, { weight, bias, mask, contextWeight }: NetworkLayer): tf.Tensor => {
      let out = matMul(h, mask === undefined ? weight : tf.mul(weight, mask));
      if (bias !== undefined) out = tf.add(out, bias);
      return contextWeight === undefined ? out : tf.add(out, matMul(context as tf.Tensor, contextWeight));
    };
    const [first, ...others] = layers;
    let h = linear(x, first);
    if (!residual) {
      for (const [i, layer] of others.entries()) h = linear(act(h, layers[i]?.dropout), layer);
      return [h];
    }
    const last = others.pop();
    for (let i = 0; i + 1 < others.length; i += 2) {
      const [opening, closing] = [others[i], others[i + 1]] as [DroppingLayer, DroppingLayer];
      const inner = linear(act(h), opening);
      h = tf.add(h, linear(act(inner, opening.dropout), closing));
    }
    return [last === undefined ? h : linear(act(h), last)];
  },
};

/**
 * A feed-forward or residual network, optionally masked and given a context; x `[...batch, in]` → `[...batch, out]`.
 *
 * Feed-forward: a nonlinearity stands between each two layers; the last one is linear. Residual: the layers are `input,
 * a₁, b₁, a₂, b₂, …, output`; each block adds `b(act(a(act(h))))` to h, and the result is `output(act(h))`.
 *
 * Dropout takes activations that are hidden; in a residual network only those inside of the blocks, between a and b.
 *
 * @param x `[...batch, in]`.
 * @param context `[...batch, contextSize]` for layers with a `contextWeight`; its batch axes broadcast.
 * @throws {ContextError} a layer has a `contextWeight` and there is no context, or one whose batch axes do not broadcast.
 * @throws {ShapeError} a tensor of a layer does not fit what comes before it.
 * @example
 * network(x, undefined, [{ weight: w1, bias: b1 }, { weight: w2 }], { activation: "relu", residual: false });
 */
export function network(
  x: tf.Tensor,
  context: tf.Tensor | undefined,
  layers: readonly NetworkLayer[],
  { activation, residual, dropout }: NetworkOptions,
): tf.Tensor {
  const letters = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const usesContext = layers.some(({ contextWeight }) => contextWeight !== undefined);
  if (usesContext && context === undefined) {
    fail(new ContextError("network: expected a context for the layers with a contextWeight, got none."));
  }
  checkLayers(x, context, layers);
  return tf.tidy(() => {
    const inputs = usesContext ? aligned(x, context as tf.Tensor) : ([x] as const);
    const batch = inputs[0].shape.slice(0, -1);
    const all: readonly DroppingLayer[] = dropout === undefined ? layers : dropping(layers, dropout, residual, batch);
    const partsOf = (layer: DroppingLayer): (keyof typeof PARTS)[] =>
      letters.filter((part) => layer[PARTS[part]] !== undefined);
    const layout = all.map((layer) => partsOf(layer).join("")).join(",");
    const tensors = all.flatMap((layer) => partsOf(layer).map((part) => layer[PARTS[part]] as tf.Tensor));
    const attributes = { activation, residual, layout, hasContext: usesContext };
    return runNamedKernel(kernel, [...inputs, ...tensors], attributes)[0] as tf.Tensor;
  });
}

/** The layers with what is dropped behind them, for a batch of that shape. */
function dropping(
  layers: readonly NetworkLayer[],
  { rate, keyOf }: NetworkDropout,
  isResidual: boolean,
  batch: readonly number[],
): readonly DroppingLayer[] {
  return layers.map((layer, i) => {
    const key = dropsBehind(i, layers.length, isResidual) ? keyOf(i) : undefined;
    if (key === undefined) return layer;
    const shape = [...batch, layer.weight.shape[1] as number];
    return { ...layer, dropout: tf.tensor(dropoutMask(key, rate, sizeOf(shape)), shape) };
  });
}

/** A fused kernel trusts the shapes, so they are checked here. */
function checkLayers(x: tf.Tensor, context: tf.Tensor | undefined, layers: readonly NetworkLayer[]): void {
  let size = x.shape[x.rank - 1];
  for (const [i, { weight, bias, mask, contextWeight }] of layers.entries()) {
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
        `network: expected a context whose batch axes broadcast with ${formatShape(xBatch)}, got ${formatShape(contextBatch)}.`,
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

const activations: Readonly<Record<Activation, (h: tf.Tensor) => tf.Tensor>> = {
  relu: (h) => tf.relu(h),
  tanh: (h) => tf.tanh(h),
  elu: (h) => tf.elu(h),
  silu: (h) => tf.mul(h, tf.sigmoid(h)),
};
