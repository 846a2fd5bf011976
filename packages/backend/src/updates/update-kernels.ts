import type { AdamArithmetic, AdamSettings } from "@pushforward/core/extend";
import {
  type AdamArrays,
  type AdamCall,
  type AdamReport,
  type AdamTarget,
  type AdamUpdateOptions,
  type AverageArithmetic,
  adamScratchSize,
  checkAdam,
  EXCHANGE_KERNEL,
  kernelFunc,
  unshare,
} from "@pushforward/ops";
import type * as tf from "@tensorflow/tfjs-core";
import { type HeldValues, kernelMemory } from "../memory/kernel-memory.ts";
import { type KernelOverride, kernelOverride } from "../repairs/kernel-override.ts";

/**
 * The kernel of `adamUpdate` for the `cpu` and the `wasm` backend, by the arithmetic of that backend: it updates values
 * and moments where they are. It has no inputs and no output for tfjs to look after.
 */
export function adamKernel(arithmeticOf: (backend: unknown) => AdamArithmetic): tf.KernelFunc {
  // A training brings the same targets in each step.
  const bindings = new WeakMap<readonly AdamTarget[], AdamBinding>();
  return kernelFunc<object, AdamCall>(({ backend, attrs: call }) => {
    const { targets, options } = call;
    const memory = kernelMemory(backend);
    // Before the arrays, because an allocation may move them.
    const size = adamScratchSize(options, () => targets.map(({ value }) => value.size));
    const scratch = size === 0 ? undefined : memory.allocate([size], "float32");
    let binding = bindings.get(targets);
    if (binding?.isCurrent(backend) !== true) {
      binding = new AdamBinding(backend, targets);
      bindings.set(targets, binding);
    }
    const room = scratch === undefined ? NONE : (memory.values(scratch) as Float32Array);
    call.report = binding.update(arithmeticOf(backend), options, room);
    if (scratch !== undefined) memory.free(scratch);
    return [];
  });
}

/** Targets with their arrays on a backend. */
class AdamBinding {
  private readonly backend: unknown;
  private readonly held: HeldValues;
  private readonly arrays: readonly AdamArrays[];
  /** Write count of each value when it was last known to be finite. */
  private readonly finite: number[];

  constructor(backend: unknown, targets: readonly AdamTarget[]) {
    for (const { value } of targets) unshare(value);
    this.backend = backend;
    const n = targets.length;
    this.held = kernelMemory(backend).hold([
      ...targets.map(({ value }) => value),
      ...targets.map(({ gradient }) => gradient),
      ...targets.map(({ first }) => first),
      ...targets.map(({ second }) => second),
    ]);
    const values = this.held.values as readonly Float32Array[];
    const view = (i: number): Float32Array => values[i] as Float32Array;
    this.arrays = targets.map((_, i) => ({
      value: view(i),
      gradient: view(n + i),
      first: view(2 * n + i),
      second: view(3 * n + i),
    }));
    this.finite = targets.map(() => Number.NaN);
  }

  isCurrent(backend: unknown): boolean {
    return backend === this.backend && this.held.isCurrent;
  }

  update(arithmetic: AdamArithmetic, options: AdamUpdateOptions, scratch: Float32Array): AdamReport {
    const { held, arrays, finite } = this;
    const isKnownFinite = (i: number): boolean => finite[i] === held.writesOf(i);
    const { report, steps } = checkAdam(arithmetic, arrays, options, scratch, isKnownFinite);
    if (steps === undefined) return report;
    for (let i = 0; i < arrays.length; i++) {
      const { value, gradient, first, second } = arrays[i] as AdamArrays;
      held.replace(i, (next) => {
        arithmetic.adamStep(value, gradient, first, second, next as Float32Array, steps[i] as AdamSettings);
      });
      finite[i] = held.writesOf(i);
    }
    return report;
  }
}

const NONE = new Float32Array(0);

/**
 * Kernel of `averageUpdate` for the `cpu` and the `wasm` backend, with the arithmetic of that backend. It updates the
 * averages in place. Its inputs are the averages, with data that no other tensor shares, then the values. It has no
 * output.
 */
export function averageKernel(arithmeticOf: (backend: unknown) => AverageArithmetic): tf.KernelFunc {
  return kernelFunc<readonly tf.TensorInfo[], { readonly decay: number }>(({ inputs, backend, attrs }) => {
    const { decay } = attrs;
    const arithmetic = arithmeticOf(backend);
    const memory = kernelMemory(backend);
    memory.change(inputs[0] as tf.TensorInfo, (averages) => {
      for (let i = 1, start = 0; i < inputs.length; i++) {
        const values = memory.values(inputs[i] as tf.TensorInfo) as Float32Array;
        arithmetic.moveAverage(averages as Float32Array, start, values, decay);
        start += values.length;
      }
    });
    return [];
  });
}

/** The kernel of `exchangeValues` for the `cpu` and the `wasm` backend. It has no output. */
export const exchangeKernel: KernelOverride = kernelOverride<readonly [tf.TensorInfo, ...tf.TensorInfo[]]>(
  EXCHANGE_KERNEL,
  () =>
    ({ inputs: [waiting, ...variables], backend }) => {
      const memory = kernelMemory(backend);
      memory.change(waiting, (all) => {
        let start = 0;
        for (const variable of variables) {
          memory.change(variable, (own) => {
            const part = all.subarray(start, start + own.length);
            const values = own.slice();
            own.set(part);
            part.set(values);
            start += own.length;
          });
        }
      });
      return [];
    },
);
