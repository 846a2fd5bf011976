import { ShapeError } from "@pushforward/core";
import { broadcastShapes, currentTrace, formatShape } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { fail, listGradient, runKernel } from "../tfjs/kernel-call.ts";

/** The seam between an op and the kernels of the backends. */
export interface NamedKernel<Inputs extends readonly tf.Tensor[], Attributes extends object> {
  /** The name under which a backend may register a fused kernel; its gradient is registered as `<name>Grad`. */
  readonly name: string;
  /** The op in plain tfjs ops: right on every backend, and differentiable. */
  readonly fallback: (inputs: Inputs, attributes: Attributes) => tf.Tensor[];
}

/**
 * Runs an op: by the fused kernel of the running backend where one is registered under its name, by plain ops where
 * none is. Callers never know.
 *
 * A fused kernel gets its inputs as an array and returns an array, in the order of the fallback. Its gradient is the
 * kernel `<name>Grad`: it gets the same inputs followed by the gradients of the outputs, and returns the gradient of
 * each input. Where no such kernel is registered the fallback is differentiated. The attributes are plain data.
 */
export function runNamedKernel<Inputs extends readonly tf.Tensor[], Attributes extends object>(
  kernel: NamedKernel<Inputs, Attributes>,
  inputs: Inputs,
  attributes: Attributes,
): tf.Tensor[] {
  // Derivatives of derivatives go through the fallback, because a fused gradient has none, and so does what is traced.
  const isFused =
    tf.getKernel(kernel.name, tf.getBackend()) !== undefined &&
    tf.engine().state.gradientDepth < 2 &&
    currentTrace() === undefined;
  if (!isFused) return kernel.fallback(inputs, attributes);
  if (tf.getGradient(kernel.name) === undefined) tf.registerGradient(gradientOf(kernel));
  return runKernel(kernel.name, inputs, attributes);
}

function gradientOf<Inputs extends readonly tf.Tensor[], Attributes extends object>({
  name,
  fallback,
}: NamedKernel<Inputs, Attributes>): tf.GradConfig {
  const gradient = listGradient<Attributes>(name, (outputs, inputs, attributes) => {
    const fused = `${name}Grad`;
    return tf.getKernel(fused, tf.getBackend()) === undefined
      ? differentiate((x) => fallback(x as Inputs, attributes), inputs, outputs)
      : runKernel(fused, [...inputs, ...outputs], attributes);
  });
  return { ...gradient, saveAllInputs: true };
}

// tf.gradients owns the tape: run inside a backward pass, it would drop the one that is being walked.
function differentiate(
  f: (inputs: readonly tf.Tensor[]) => tf.Tensor[],
  inputs: readonly tf.Tensor[],
  outputGradients: readonly tf.Tensor[],
): tf.Tensor[] {
  const { state } = tf.engine();
  const tape = state.activeTape;
  try {
    return tf.tidy(() => {
      const loss = (...x: tf.Tensor[]): tf.Tensor =>
        tf.addN(f(x).map((output, i) => tf.sum(tf.mul(output, outputGradients[i] as tf.Tensor))));
      return tf.grads(loss)([...inputs]);
    });
  } finally {
    state.activeTape = tape;
  }
}

/** Refuses parameters that are not `[...batch, size]` with a batch that broadcasts with x. */
export function requireParameters(where: string, x: tf.Tensor, parameters: tf.Tensor, size: number): void {
  const batch = parameters.shape.slice(0, -1);
  if (parameters.shape[parameters.rank - 1] !== size || broadcastShapes(x.shape, batch) === undefined) {
    fail(
      new ShapeError(
        `${where}: expected parameters [...batch, ${size}] for x ${formatShape(x.shape)}, ` +
          `got ${formatShape(parameters.shape)}.`,
      ),
    );
  }
}
