import { broadcastShapes, ContextError, formatShape, ShapeError, shapesEqual, sizeOf } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
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
}

// Which tensors each layer has, in the order in which they are passed: "wbm,wb" is weight, bias, mask; weight, bias.
const PARTS = { w: "weight", b: "bias", m: "mask", c: "contextWeight" } as const;

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
      ) as [NetworkLayer, ...NetworkLayer[]];
    const act = activations[activation as Activation];
    const linear = (h: tf.Tensor, { weight, bias, mask, contextWeight }: NetworkLayer): tf.Tensor => {
      let out = matMul(h, mask === undefined ? weight : tf.mul(weight, mask));
      if (bias !== undefined) out = tf.add(out, bias);
      return contextWeight === undefined ? out : tf.add(out, matMul(context as tf.Tensor, contextWeight));
    };
    const [first, ...others] = layers;
    let h = linear(x, first);
    if (!residual) {
      for (const layer of others) h = linear(act(h), layer);
      return [h];
    }
    const last = others.pop();
    for (let i = 0; i + 1 < others.length; i += 2) {
      const inner = linear(act(h), others[i] as NetworkLayer);
      h = tf.add(h, linear(act(inner), others[i + 1] as NetworkLayer));
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
  { activation, residual }: NetworkOptions,
): tf.Tensor {
  const letters = Object.keys(PARTS) as (keyof typeof PARTS)[];
  const usesContext = layers.some(({ contextWeight }) => contextWeight !== undefined);
  if (usesContext && context === undefined) {
    fail(new ContextError("network: expected a context for the layers with a contextWeight, got none."));
  }
  checkLayers(x, context, layers);
  const layout = layers.map((layer) => letters.filter((part) => layer[PARTS[part]] !== undefined).join("")).join(",");
  const tensors = layers.flatMap((layer) => letters.flatMap((part) => layer[PARTS[part]] ?? []));
  return tf.tidy(() => {
    const inputs = usesContext ? [...aligned(x, context as tf.Tensor), ...tensors] : [x, ...tensors];
    const attributes = { activation, residual, layout, hasContext: usesContext };
    return runNamedKernel(kernel, inputs, attributes)[0] as tf.Tensor;
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
