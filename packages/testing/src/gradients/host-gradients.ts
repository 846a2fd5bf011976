import type { ParameterTree } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { hostCopy } from "../law/host-copy.ts";

/** Gradients on the host; `undefined` where the loss does not depend on the source. */
export interface Gradients {
  readonly x: Float32Array | undefined;
  readonly context: Float32Array | undefined;
  readonly parameters: ReadonlyMap<string, Float32Array | undefined>;
}

/** Gradients of a loss for `x`, the context and the trainable parameters, in the caller's tidy. */
export function hostGradients(
  loss: () => tf.Scalar,
  { x, context }: { readonly x: tf.Tensor; readonly context?: tf.Tensor | undefined },
  parameters: ParameterTree,
): Gradients {
  const trainable = [...parameters].filter(([, parameter]) => parameter.trainable);
  const inputs = [x, ...(context === undefined ? [] : [context])];
  const sources = [...inputs, ...trainable.map(([, { variable }]) => variable)];
  // Not tf.grads: it throws where a gradient is missing, which is what has to be found out here.
  const { grads } = tf.engine().gradients(loss, sources, undefined, true);
  const found = (grads as (tf.Tensor | null | undefined)[]).map((g) => (g ? hostCopy(g) : undefined));
  return {
    x: found[0],
    context: context && found[1],
    parameters: new Map(trainable.map(([path], i) => [path, found[inputs.length + i]])),
  };
}
