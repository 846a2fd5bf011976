import { sizeOf } from "@pushforward/core";
import type * as tf from "@tensorflow/tfjs-core";
import { type AdamArrays, type AdamUpdateOptions, adamScratchSize, checkAdam } from "./adam-check.ts";
import type { AdamArithmetic, AdamStep } from "./adam-step.ts";
import { kernelMemory } from "./kernel-memory.ts";

/** The name of the kernel of {@link adamUpdate}. */
export const ADAM_KERNEL = "PushforwardAdam";

/**
 * The attributes of the kernel. `report` is written: the norm of the gradients, and where one is not finite 1 and the
 * index of the target for a gradient, 2 and the index for a value.
 */
type AdamAttributes = AdamUpdateOptions & { readonly report: number[] };

/**
 * The kernel of `adamUpdate` for the `cpu` and the `wasm` backend, by the arithmetic of that backend: it updates values
 * and moments where they are. Its inputs are the values, gradients, first and second moments, in this order, whose data
 * nobody else has; it has no output.
 */
export function adamKernel(arithmeticOf: (backend: unknown) => AdamArithmetic): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const infos = inputs as unknown as tf.TensorInfo[];
    const options = attrs as unknown as AdamAttributes;
    const arithmetic = arithmeticOf(backend);
    const memory = kernelMemory(backend);
    const count = infos.length / 4;
    const values = infos.slice(0, count);
    const size = adamScratchSize(
      options,
      values.map(({ shape }) => sizeOf(shape)),
    );
    const scratch = memory.allocate([size], "float32");
    const view = (index: number): Float32Array => memory.values(infos[index] as tf.TensorInfo) as Float32Array;
    const targets = values.map(
      (_, i): AdamArrays => ({
        value: view(i),
        gradient: view(i + count),
        first: view(i + 2 * count),
        second: view(i + 3 * count),
      }),
    );
    const { report, steps } = checkAdam(arithmetic, targets, options, memory.values(scratch) as Float32Array);
    memory.free(scratch);
    if (steps !== undefined) {
      for (const [i, { value, gradient, first, second }] of targets.entries()) {
        const step = steps[i] as AdamStep;
        memory.replace(values[i] as tf.TensorInfo, (next) =>
          arithmetic.adamStep(value, gradient, first, second, next as Float32Array, step),
        );
      }
    }
    const { nonFinite } = report;
    options.report.push(report.gradientNorm);
    if (nonFinite !== undefined) options.report.push(nonFinite.what === "gradient" ? 1 : 2, nonFinite.index);
    return [];
  };
}
