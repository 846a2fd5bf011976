import * as tf from "@tensorflow/tfjs-core";
import { type AdamReport, type AdamUpdateOptions, adamScratchSize, checkAdam } from "./adam-check.ts";
import { ADAM_KERNEL } from "./adam-kernel.ts";
import { type AdamStep, hostAdam } from "./adam-step.ts";
import { unshare } from "./unshare.ts";

/** What {@link adamUpdate} moves, and by what. All four have one shape. */
export interface AdamTarget {
  readonly value: tf.Variable;
  readonly gradient: tf.Tensor;
  /** The moving means of the gradient and of its square, zeros at first. Nobody else shares their data. */
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

/**
 * One step of Adam (Kingma and Ba 2015, arXiv:1412.6980) with decoupled weight decay (Loshchilov and Hutter 2019,
 * arXiv:1711.05101) for all targets at once: `θ ← θ (1 − η λ) − η m̂ / (√v̂ + ε)`. Computed in float32, with
 * the same bits on every backend; where a fused kernel runs, in place. A tensor that shares the data of a variable, a
 * clone for instance, keeps its values. With `rates`, each target has its own multiple of the learning rate; the norm that
 * clips is of all of them together.
 *
 * When a gradient or a new value is not finite, nothing is changed and the report names it.
 *
 * @example
 * const { gradientNorm } = adamUpdate([{ value, gradient, first, second }], { ...settings, step: 1 });
 */
export function adamUpdate(targets: readonly AdamTarget[], options: AdamUpdateOptions): AdamReport {
  if (tf.getKernel(ADAM_KERNEL, tf.getBackend()) === undefined) return updateOnHost(targets, options);
  for (const { value } of targets) unshare(value);
  const count = targets.length;
  const inputs = new Array<tf.Tensor>(4 * count);
  for (const [i, { value, gradient, first, second }] of targets.entries()) {
    inputs[i] = value;
    inputs[i + count] = gradient;
    inputs[i + 2 * count] = first;
    inputs[i + 3 * count] = second;
  }
  const written: number[] = [];
  tf.engine().runKernel(ADAM_KERNEL, inputs as unknown as tf.NamedTensorMap, { ...options, report: written });
  const [gradientNorm, what, index] = written as [norm: number, what?: number, index?: number];
  if (index === undefined) return { gradientNorm };
  return { gradientNorm, nonFinite: { index, what: what === 1 ? "gradient" : "value" } };
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
  const size = adamScratchSize(
    options,
    arrays.map(({ value }) => value.length),
  );
  const { report, steps } = checkAdam(hostAdam, arrays, options, new Float32Array(size));
  if (steps === undefined) return report;
  tf.tidy(() => {
    for (const [i, target] of targets.entries()) {
      const { value, gradient, first, second } = arrays[i] as (typeof arrays)[number];
      const next = new Float32Array(value.length);
      hostAdam.adamStep(value, gradient, first, second, next, steps[i] as AdamStep);
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
