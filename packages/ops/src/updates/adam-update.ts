import type { AdamSettings } from "@pushforward/core/extend";
import { type AdamReport, type AdamUpdateOptions, adamScratchSize, checkAdam, hostAdam } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { callKernel } from "../tfjs/kernel-call.ts";

/**
 * One step of Adam (Kingma and Ba 2015, arXiv:1412.6980) with decoupled weight decay (Loshchilov and Hutter 2019,
 * arXiv:1711.05101) for all targets at once: `θ ← θ (1 − η λ) − η m̂ / (√v̂ + ε)`. It is computed in float32, with the
 * same bits on every backend, and in place if a fused kernel runs. A tensor that shares the data of a variable, for
 * instance a clone, keeps its values. With `learningRateMultipliers`, each target has its own multiple of the learning
 * rate. The norm for clipping is the joint norm of all targets.
 *
 * If a gradient or a new value is not finite, the step changes no values, and the report names the gradient or value. A
 * repeated update with the same array of targets skips the lookup of its tensors; the tensors must be the same, too.
 * @example
 * const value = tf.variable(tf.tensor1d([1, 2]));
 * const [first, second] = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([2]))];
 * const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, learningRate: 0.1, clipNorm: 5 };
 * const target = { value, gradient: tf.tensor1d([3, -4]), first, second };
 * adamUpdate([target], { ...settings, step: 1 }).gradientNorm; // → 5
 * value; // → [0.9, 2.1]
 */
export function adamUpdate(targets: readonly AdamTarget[], options: AdamUpdateOptions): AdamReport {
  const kernel = tf.getKernel(ADAM_KERNEL, tf.getBackend());
  if (kernel === undefined) return updateOnHost(targets, options);
  const call: AdamCall = { targets, options };
  // Not by way of the engine: there is nothing on the tape, and nothing for it to keep.
  callKernel(kernel.kernelFunc, { inputs: {}, backend: tf.backend(), attrs: call });
  return call.report as AdamReport;
}

function updateOnHost(targets: readonly AdamTarget[], options: AdamUpdateOptions): AdamReport {
  const read = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array;
  // Copies of what changes: a backend may hand out its own arrays.
  const arrays = targets.map(({ value, gradient, first, second }) => ({
    value: read(value),
    gradient: read(gradient),
    first: read(first).slice(),
    second: read(second).slice(),
  }));
  const size = adamScratchSize(options, () => arrays.map(({ value }) => value.length));
  const { report, steps } = checkAdam(hostAdam, arrays, options, new Float32Array(size));
  if (steps === undefined) return report;
  tf.tidy(() => {
    for (const [i, target] of targets.entries()) {
      const { value, gradient, first, second } = arrays[i] as (typeof arrays)[number];
      const next = new Float32Array(value.length);
      hostAdam.adamStep(value, gradient, first, second, next, steps[i] as AdamSettings);
      for (const [variable, moved] of [
        [target.value, next],
        [target.first, first],
        [target.second, second],
      ] as const) {
        variable.assign(tf.tensor(moved, variable.shape, "float32"));
      }
    }
  });
  return report;
}

/** The name of the kernel of `adamUpdate`. */
export const ADAM_KERNEL = "PushforwardAdam";

/** A variable that `adamUpdate` moves, with its gradient and moments. All four have one shape. */
export interface AdamTarget {
  readonly value: tf.Variable;
  readonly gradient: tf.Tensor;
  /** The moving means of the gradient and of its square, zeros at first. Nobody else shares their data. */
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

/** The attributes of the kernel; the report is written. */
export interface AdamCall {
  readonly targets: readonly AdamTarget[];
  readonly options: AdamUpdateOptions;
  report?: AdamReport;
}
